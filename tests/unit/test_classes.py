"""What a session's Java loads is prepared once, for sessions on this machine and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from bubblenet.app import classes, session, submitting

PACKAGES = "spark.jars.packages"


@pytest.fixture
def prepared(tmp_path, monkeypatch) -> Path:
    """A folder as `prepare` leaves it."""
    for name, path in (("_JARS", "jars"), ("_ARCHIVE", "spark.jsa"), ("_DONE", "prepared")):
        monkeypatch.setattr(classes, name, tmp_path / path)
    (tmp_path / "spark.jsa").touch()
    (tmp_path / "prepared").write_text(session.read_conf(session.conf_file("local"))[PACKAGES])
    for name in ("SPARK_SUBMIT_OPTS", "SPARK_DIST_CLASSPATH", "SPARK_CONF_DIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_jars_at_hand_are_not_fetched(prepared):
    assert session.conf_for("local", ["/warehouse"])[PACKAGES] == ""
    assert "--conf spark.jars.packages=" in " ".join(submitting.submit_command("pipeline", [], "local"))
    assert submitting.environment("local")["SPARK_DIST_CLASSPATH"] == f"{prepared}/jars/*"


def test_connectors_are_fetched_with_them(prepared):
    assert "delta-spark" in session.conf_for("local", ["s3a://bucket/warehouse"])[PACKAGES]


@pytest.mark.parametrize("what", ["nothing", "another release"])
def test_where_they_are_not_prepared_spark_fetches_them(prepared, what):
    (prepared / "prepared").unlink() if what == "nothing" else (prepared / "prepared").write_text("io.delta:delta-spark_4.2_2.13:4.3.0")

    assert "delta-spark" in session.conf_for("local", [])[PACKAGES]
    assert "SPARK_DIST_CLASSPATH" not in submitting.environment("local")
    assert "SharedArchiveFile" not in submitting.environment("local")["SPARK_SUBMIT_OPTS"]


def test_a_java_that_makes_no_archive_has_the_jars(prepared):
    (prepared / "spark.jsa").unlink()

    assert "SharedArchiveFile" not in submitting.environment("local")["SPARK_SUBMIT_OPTS"]
    assert submitting.environment("local")["SPARK_DIST_CLASSPATH"] == f"{prepared}/jars/*"


def test_a_cluster_has_jars_of_its_own(prepared, monkeypatch):
    monkeypatch.setenv("SPARK_CONF_DIR", "/etc/spark")

    assert session.conf_for("cpu", ["/warehouse"]) == session.read_conf(session.conf_file("cpu"))
    assert submitting.environment("cpu")["SPARK_CONF_DIR"] == "/etc/spark"
    assert not {"SPARK_DIST_CLASSPATH", "SPARK_SUBMIT_OPTS"} & set(submitting.environment("cpu"))


@pytest.mark.parametrize("name", ["SPARK_SUBMIT_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"])
def test_java_is_given_one_collector(monkeypatch, name):
    options = "spark.driver.extraJavaOptions"
    written = session.read_conf(session.conf_file("local"))[options]
    assert "-XX:+UseParallelGC" in written
    assert session.conf_for("local", ["/warehouse"])[options] == written

    monkeypatch.setenv(name, "-Xss4m -XX:+UseSerialGC")

    assert session.conf_for("local", ["/warehouse"])[options] == written.replace("-XX:+UseParallelGC ", "")
    assert f"--conf {options}=-XX:Tier4" in " ".join(submitting.submit_command("pipeline", [], "local"))


def test_options_that_are_there_stay(prepared, monkeypatch):
    monkeypatch.setenv("SPARK_SUBMIT_OPTS", "-Xint")
    monkeypatch.setenv("SPARK_DIST_CLASSPATH", "/hadoop/*")

    found = submitting.environment("local")

    assert found["SPARK_SUBMIT_OPTS"].startswith("-Xint -Dlog4j2.configurationFile=file:///")
    assert f"-XX:SharedArchiveFile={prepared}/spark.jsa" in found["SPARK_SUBMIT_OPTS"]
    assert found["SPARK_DIST_CLASSPATH"] == f"/hadoop/*:{prepared}/jars/*"
