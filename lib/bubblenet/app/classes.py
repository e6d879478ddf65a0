"""What the Java of a session on this machine loads, prepared once: Delta's jars on its class path, and an archive of its classes.

Without them each start asks the resolver for the jars anew, and reads and verifies some twenty thousand classes. The archive (Java's class
data sharing, JEP 350) is mapped instead, with what Java makes of lambdas; Java itself ignores one that does not fit its version or its
class path. `make setup` prepares them; elsewhere, once after an installation:

    python -m bubblenet.app.prepare
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from bubblenet.errors import EnvironmentProblem

FOLDER = Path(sys.prefix) / "share" / "bubblenet"
_JARS, _ARCHIVE, _DONE = FOLDER / "jars", FOLDER / "spark.jsa", FOLDER / "prepared"
_QUIET = "-Xlog:cds=off -Xlog:cds+dynamic=off"
"""An archive that does not fit is not worth a line on the screen."""

_SHORT_LIVED = "-XX:TieredStopAtLevel=1"
"""For a Java that ends after one job: the second compiler would not pay off."""

_COLLECTOR = re.compile(r"-XX:\+Use\w+GC\b ?")
_OPTIONS_OF_JAVA = ("SPARK_SUBMIT_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")

_FETCH = """
import pathlib, sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
spark.range(3).write.format("delta").save(sys.argv[1])
assert spark.read.format("delta").load(sys.argv[1]).groupBy("id").count().count() == 3
pathlib.Path(sys.argv[2]).write_text(spark.conf.get("spark.jars", ""))
spark.stop()
"""

_PAGE = "<html><title>Too short</title><body><p>This page has no passage, so no model is asked.</p></body></html>"


def are_prepared(packages: str) -> bool:
    """Whether the jars of these packages (spark.jars.packages) lie on the class path that `variables` names."""
    return _DONE.is_file() and _DONE.read_text(encoding="utf-8") == packages


def with_one_collector(options: str) -> str:
    """Options of Java, but for a collector of memory where the environment names one: Java does not start with two."""
    is_chosen = any(_COLLECTOR.search(os.environ.get(name, "")) for name in _OPTIONS_OF_JAVA)
    return _COLLECTOR.sub("", options).strip() if is_chosen else options


def variables(log_conf: Path, packages: str) -> dict[str, str]:
    """Environment variables for Spark's launcher, beside those of this process, for a session with these packages.

    log_conf: the file that says what Spark logs. It is named by an option, since a folder of settings on the class path keeps Java from
    using an archive.
    """
    found = {"SPARK_SUBMIT_OPTS": _joined(" ", "SPARK_SUBMIT_OPTS", f"-Dlog4j2.configurationFile={log_conf.as_uri()}")}
    if are_prepared(packages):
        found["SPARK_DIST_CLASSPATH"] = _joined(":", "SPARK_DIST_CLASSPATH", f"{_JARS}/*")
        if _ARCHIVE.is_file():
            found["SPARK_SUBMIT_OPTS"] += f" -XX:SharedArchiveFile={_ARCHIVE} {_QUIET}"
    return found


def _joined(between: str, name: str, value: str) -> str:
    return between.join(filter(None, (os.environ.get(name), value)))


def prepare(conf: Path, packages: str) -> None:
    """Fetch the jars of the packages that a Spark configuration names, and archive the classes of a run of the pipeline on one short page.

    Raises EnvironmentProblem if Spark does not run, or the environment cannot be written.
    """
    shutil.rmtree(FOLDER, ignore_errors=True)
    if not os.access(sys.prefix, os.W_OK):
        raise EnvironmentProblem("an environment that can be written", sys.prefix, "Run this as who installed it.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "fetch.py").write_text(_FETCH, encoding="utf-8")
        _run(conf, {"SPARK_SUBMIT_OPTS": _SHORT_LIVED}, folder / "fetch.py", folder / "table", folder / "fetched")
        _JARS.mkdir(parents=True)
        for jar in filter(None, (folder / "fetched").read_text(encoding="utf-8").split(",")):
            shutil.copy(jar.removeprefix("file://"), _JARS)
        _DONE.write_text(packages, encoding="utf-8")  # what follows saves time and nothing else
        try:
            _archive(folder, conf)
        except EnvironmentProblem as error:
            sys.stderr.write(f"bubblenet: no archive of Java's classes, so sessions start slower: {error}\n")


def _archive(folder: Path, conf: Path) -> None:
    """Archive the classes of a run of the pipeline on one short page."""
    made, page = folder / "spark.jsa", folder / "page.html"
    page.write_text(_PAGE, encoding="utf-8")
    archiving = {"SPARK_SUBMIT_OPTS": f"{_SHORT_LIVED} -XX:ArchiveClassesAtExit={made} {_QUIET}", "SPARK_DIST_CLASSPATH": f"{_JARS}/*"}
    pipeline = Path(str(files("bubblenet.jobs"))).resolve() / "pipeline.py"
    place = "--input", page, "--snapshot", "page", "--warehouse", folder / "warehouse", "--set", "engine.kind=scripted"
    _run(conf, archiving, "--conf", "spark.jars.packages=", pipeline, *place)
    if made.is_file():  # a Java without an archive of its own classes makes none
        shutil.move(made, _ARCHIVE)


def _run(conf: Path, options: dict[str, str], *arguments: str | Path) -> None:
    """spark-submit with a configuration, environment variables, and what follows."""
    import pyspark

    submit = str(Path(pyspark.__file__).parent / "bin" / "spark-submit")
    own_options = "--conf", "spark.driver.extraJavaOptions="  # two collectors would be refused, if the environment names one
    command = [submit, "--properties-file", str(conf), *own_options, *map(str, arguments)]
    own = dict.fromkeys(("PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON"), sys.executable)
    inherited = {key: value for key, value in os.environ.items() if key not in ("SPARK_CONF_DIR", "SPARK_SUBMIT_OPTS")}
    done = subprocess.run(command, env=inherited | own | options, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EnvironmentProblem("spark-submit to end well", (done.stdout + done.stderr)[-4000:], "Mend what the last lines name.")
