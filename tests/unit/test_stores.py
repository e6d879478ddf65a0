"""Places of tables: how each URL is spelt for Spark and for delta-rs, what is refused, and what Hadoop is told."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyarrow import fs

from bubblenet.app import classes, session
from bubblenet.app.submitting import submit_command
from bubblenet.errors import AddressError
from bubblenet.kernel.scratch import Scratch
from bubblenet.stores import Store, reason_of, tell_hadoop

AZURE = "//pages@team.dfs.core.windows.net/wh"


@pytest.mark.parametrize(
    ("location", "spark", "delta"),
    [
        ("s3://bucket/wh/", "s3a://bucket/wh", "s3://bucket/wh"),
        ("s3a://bucket", "s3a://bucket", "s3://bucket"),
        ("S3N://bucket/wh", "s3a://bucket/wh", "s3://bucket/wh"),
        ("gs://bucket/wh", "gs://bucket/wh", "gs://bucket/wh"),
        (f"abfss:{AZURE}", f"abfss:{AZURE}", f"abfss:{AZURE}"),
        (f"abfs:{AZURE}", f"abfs:{AZURE}", f"abfss:{AZURE}"),
        ("hdfs://name:8020/wh", "hdfs://name:8020/wh", "hdfs://name:8020/wh"),
        ("hdfs://nameservice/wh", "hdfs://nameservice/wh", "hdfs://nameservice/wh"),
        ("dbfs:/mnt/wh", "dbfs:/mnt/wh", "file:///dbfs/mnt/wh"),
        ("dbfs:///mnt/wh/", "dbfs:/mnt/wh", "file:///dbfs/mnt/wh"),
        ("/data/w h", "/data/w h", "file:///data/w%20h"),
        ("file:///data/wh/", "/data/wh", "file:///data/wh"),
        ("file:/data/wh", "/data/wh", "file:///data/wh"),
    ],
)
def test_each_reader_gets_its_own_spelling(location, spark, delta):
    store = Store.of(location)
    assert (store.spark, store.delta) == (spark, delta)
    assert store.is_local == spark.startswith("/")
    assert Store.of(store.spark) == store


def test_a_relative_path_is_one_from_the_root(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert Store.of("wh").spark == str(tmp_path.resolve() / "wh")


@pytest.mark.parametrize(
    ("location", "todo"),
    [
        ("wasbs://c@a.blob.core.windows.net/wh", "abfss://"),
        ("adl://a.azuredatalakestore.net/wh", "abfss://"),
        ("viewfs://cluster/wh", "hdfs://"),
        ("https://host/wh", "Known are"),
        ("abfss://pages/wh", "CONTAINER@ACCOUNT"),
        ("hdfs:///wh", "hdfs://NAME/PATH"),
        ("s3://", "s3://NAME/PATH"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(location, todo):
    with pytest.raises(AddressError) as error:
        Store.of(location)
    assert location in error.value.got
    assert todo in error.value.todo


def test_hadoop_is_told_what_it_does_not_take_from_the_environment():
    server = {"AWS_ENDPOINT_URL": "http://store:9000", "AWS_REGION": "eu-central-1"}
    assert Store.of("s3://bucket/wh").hadoop(server) == {
        "fs.s3a.endpoint": "http://store:9000",
        "fs.s3a.endpoint.region": "eu-central-1",
        "fs.s3a.path.style.access": "true",
    }
    assert Store.of("s3://bucket/wh").hadoop({"AWS_DEFAULT_REGION": "x"}) == {"fs.s3a.endpoint.region": "x"}
    key = {"AZURE_STORAGE_ACCOUNT_KEY": "secret"}
    assert Store.of(f"abfss:{AZURE}").hadoop(key) == {"fs.azure.account.key.team.dfs.core.windows.net": "secret"}
    assert Store.of("/data/wh").hadoop(server | key) == {}


def test_scratch_files_are_written_read_moved_and_deleted(tmp_path):
    scratch = Scratch(str(tmp_path / "some [odd] store"))
    assert scratch.names() == scratch.names("nothing") == scratch.parquet_files() == []
    scratch.write_whole("marks/1/a", b"one")
    scratch.write("marks/1/b", "two")
    assert sorted(scratch.read_all("marks/1")) == ["one", "two"]
    scratch.move("marks/1/b", "others/c")
    scratch.delete("marks/1/a")
    assert (scratch.names("marks/1"), scratch.read("others/c")) == ([], b"two")
    scratch.delete_everything()
    assert not (tmp_path / "some [odd] store").exists()
    scratch.delete_everything()


def test_remote_files_are_opened_by_delta_rs():
    files = Store.of("s3://bucket/wh").files()
    assert isinstance(files, fs.PyFileSystem)
    assert not Path("s3:").exists()


def test_the_words_of_a_storage_library_are_a_line_without_colours():
    assert reason_of(OSError("Generic S3 error\n    \x1b[31m\u21b3\x1b[0m Connection refused")) == "Generic S3 error Connection refused"


def test_on_one_machine_the_connector_of_an_address_is_among_the_packages(monkeypatch):
    monkeypatch.setattr(classes, "are_prepared", lambda _: False)
    plain, s3 = session.conf_for("local", ["/data/wh"]), session.conf_for("local", ["/data/wh", "s3://bucket/wh"])
    assert plain == session.read_conf(session.conf_file("local"))
    assert re.search(r"io\.delta:.*,org\.apache\.hadoop:hadoop-aws:\d+\.\d+\.\d+$", s3["spark.jars.packages"])
    assert "org.apache.hadoop:*" not in s3["spark.jars.excludes"].split(",")
    with pytest.raises(AddressError):
        session.conf_for("local", ["zip://a::http://b"])
    assert session.conf_for("cpu", ["s3://bucket/wh"]) == session.read_conf(session.conf_file("cpu"))


def test_the_command_that_is_shown_has_the_connector(monkeypatch):
    monkeypatch.setattr(classes, "are_prepared", lambda _: False)
    command = submit_command("pipeline", ["--warehouse", "s3://bucket/wh"], "local", ["s3://bucket/wh"])
    [packages] = [part for part in command if part.startswith("spark.jars.packages=")]
    assert "hadoop-aws" in packages
    assert "--conf" not in submit_command("pipeline", [], "local", ["/data/wh"])


class Conf(dict):
    """The settings of a session."""

    set = dict.__setitem__


def test_a_session_keeps_what_it_was_told_of_hadoop(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://store:9000")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    session_of_its_own = SimpleNamespace(conf=Conf({"spark.hadoop.fs.s3a.endpoint": "http://theirs"}))
    tell_hadoop(session_of_its_own, "s3://bucket/wh")
    assert session_of_its_own.conf["fs.s3a.endpoint.region"] == "eu-central-1"
    assert "fs.s3a.endpoint" not in session_of_its_own.conf
    tell_hadoop(session_of_its_own, "https://host/page.html")  # an input that is no place of tables
