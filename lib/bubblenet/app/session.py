"""The one place that builds a Spark session.

Under spark-submit the session uses the configuration of spark-submit; elsewhere (notebook, `bubblenet sql`, tests) a file of conf/spark.
Only what correctness needs, and how tables are compressed, is set here, in either case.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from bubblenet.app import classes
from bubblenet.errors import EnvironmentProblem, SettingsError, WarehouseError
from bubblenet.stores import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pyspark.sql import SparkSession

    from bubblenet.kernel.warehouse import Warehouse
    from bubblenet.settings import Settings

_JAVA_VERSION = 17
_PACKAGES, _PARTITIONS, _JAVA_OPTIONS = "spark.jars.packages", "spark.sql.shuffle.partitions", "spark.driver.extraJavaOptions"
_HADOOP_BUT_CONNECTORS = ",".join(
    (*(f"org.apache.hadoop:hadoop-{rest}" for rest in ("c*", "h*", "m*", "y*", "annotations", "auth", "shaded*")), "org.wildfly.openssl:*")
)
"""What a connector drags in besides its own jars is in Spark; OpenSSL is faster than Java's own TLS, and not needed."""

_OF_EVERY_SESSION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.pyspark.validateSchema.enabled": "true",  # report a wrong type by name instead of failing in the JVM
    "spark.sql.parquet.compression.codec": "zstd",  # an id in hexadecimal takes 18 bytes; Snappy, the default, leaves 36
}


def conf_file(name: str) -> Path:
    """Path of conf/spark/<name>.conf, or of any file that ends in .conf. Raises SettingsError for an unknown name."""
    if name.endswith(".conf") and Path(name).is_file():
        return Path(name).absolute()
    folder = Path(str(files("bubblenet.conf"))).resolve() / "spark"
    path = folder / f"{name}.conf"
    if not path.is_file():
        known = sorted(file.stem for file in folder.glob("*.conf"))
        raise SettingsError(
            "a Spark configuration", f"execution.spark_conf = {name!r}", f"Known: {', '.join(known)}; or the path of a file: my.conf."
        )
    return path


def read_conf(path: Path) -> dict[str, str]:
    """The keys and values of a spark-submit properties file."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (re.split(r"[\s=]+", line, maxsplit=1) for line in lines if line and not line.startswith("#"))
    return {pair[0]: pair[1] if len(pair) > 1 else "" for pair in pairs}


def conf_for(name: str, locations: Iterable[str]) -> dict[str, str]:
    """The keys and values of conf/spark/<name>.conf; on one machine with the connectors of Hadoop that the locations need, and without
    jars to fetch where they are at hand.

    Raises AddressError for a location that tables cannot have. A cluster has connectors of its own, or none on purpose.
    """
    conf = read_conf(conf_file(name))
    if _is_local(conf) and _JAVA_OPTIONS in conf:
        conf[_JAVA_OPTIONS] = classes.with_one_collector(conf[_JAVA_OPTIONS])
    needed = sorted({connector for location in locations if (connector := Store.of(location).connector())})
    if not _is_local(conf):
        return conf
    if not needed:
        return conf | ({_PACKAGES: ""} if classes.are_prepared(conf.get(_PACKAGES, "")) else {})
    packages = [f"org.apache.hadoop:{connector}:{_hadoop_version()}" for connector in needed]
    return conf | {
        _PACKAGES: ",".join([conf[_PACKAGES], *packages]),
        "spark.jars.excludes": conf["spark.jars.excludes"].replace("org.apache.hadoop:*", _HADOOP_BUT_CONNECTORS),
    }


def variables_for(name: str) -> dict[str, str]:
    """Environment variables for the launcher of a session with conf/spark/<name>.conf, beside those of this process."""
    logging, conf = conf_file("local").with_name("log4j2.properties"), read_conf(conf_file(name))
    if _is_local(conf):
        return classes.variables(logging, conf.get(_PACKAGES, ""))
    return {} if "SPARK_CONF_DIR" in os.environ else {"SPARK_CONF_DIR": str(logging.parent)}


def _is_local(conf: dict[str, str]) -> bool:
    return conf.get("spark.master", "").startswith("local")


def _hadoop_version() -> str:
    import pyspark

    [jar] = Path(pyspark.__file__).parent.glob("jars/hadoop-client-api-*.jar")
    return jar.stem.removeprefix("hadoop-client-api-")


@contextmanager
def entered(app_name: str, conf: str, locations: Iterable[str] = ()) -> Iterator[SparkSession]:
    """The session of a job: a new one, stopped at the end. locations: where it writes.

    Where somebody else has one (a notebook, a managed platform) it is a session beside theirs, with their executors and settings of its
    own, and neither is stopped. Raises EnvironmentProblem as build does, and for a session of Spark Connect.
    """
    from pyspark.sql import SparkSession

    theirs = SparkSession.getActiveSession()
    if theirs is not None:
        _check_classic(theirs)
        yield _prepared(theirs.newSession())
        return
    spark = build(app_name, conf, locations=locations)
    try:
        yield spark
    finally:
        spark.stop()


def build(
    app_name: str = "bubblenet", conf: str = "local", extra: dict[str, str] | None = None, locations: Iterable[str] = ()
) -> SparkSession:
    """The running session, or a new one.

    Raises EnvironmentProblem if there is no usable Java or the Delta jar cannot be obtained.
    """
    from pyspark.sql import SparkSession

    builder, variables = SparkSession.builder.appName(app_name), dict[str, str]()
    if "PYSPARK_GATEWAY_PORT" not in os.environ:  # not under spark-submit
        check_java()
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        variables = variables_for(conf)
        for key, value in (conf_for(conf, locations) | (extra or {})).items():
            builder = builder.config(key, value)
    try:
        with _environment(variables):
            spark = builder.getOrCreate()
    except Exception as error:  # noqa: BLE001 - explained or raised unchanged
        raise _explain(error) from None
    _check_classic(spark)
    return _prepared(spark)


def _partition_by_cores(spark: SparkSession) -> None:
    """Shuffle into a partition a core where nobody has set how many, on one machine: tables may be small, and 200 are for clusters."""
    is_set = spark._jsparkSession.sessionState().conf().contains(_PARTITIONS)
    if (spark.sparkContext.master or "").startswith("local") and not is_set:
        spark.conf.set(_PARTITIONS, spark.sparkContext.defaultParallelism)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for the processes that are started in this block."""
    before = {name: os.environ[name] for name in variables if name in os.environ}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            del os.environ[name]
        os.environ.update(before)


def _prepared(spark: SparkSession) -> SparkSession:
    for key, value in _OF_EVERY_SESSION.items():
        spark.conf.set(key, value)
    _partition_by_cores(spark)
    _check_delta(spark)
    _ship_wheels(spark)
    _bind_names(spark)
    return spark


def _check_classic(spark: SparkSession) -> None:
    if not hasattr(spark, "_jvm"):
        raise EnvironmentProblem(
            "a session with a driver in this process: jobs pin table versions and follow their tasks there",
            "a session of Spark Connect",
            "Submit the job to the cluster: spark-submit jobs/pipeline.py.",
        )


def check_java() -> None:
    """Raise EnvironmentProblem if no Java of the required version is found."""
    todo = f"Install it (Debian: apt-get install openjdk-{_JAVA_VERSION}-jre-headless) or set JAVA_HOME."
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if not java or not Path(java).exists():
        raise EnvironmentProblem(f"Java {_JAVA_VERSION} or newer", f"no java in {'JAVA_HOME' if home else 'PATH'}", todo)
    output = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', output)
    if not found or int(found[1]) < _JAVA_VERSION:
        raise EnvironmentProblem(f"Java {_JAVA_VERSION} or newer", output.splitlines()[0] if output else "no answer of java -version", todo)


def explain_launch_failure(log: str) -> EnvironmentProblem | None:
    """The named error for Spark's own output, if it is a known one."""
    if "unresolved dependenc" in log or "ClassNotFoundException: io.delta" in log or "Cannot find catalog plugin class" in log:
        return EnvironmentProblem(
            "the Delta jar",
            "no way to fetch io.delta:delta-spark_4.2_2.13:4.4.0, and no local copy",
            "Without a network, give the jars as spark.jars; docs/install.md shows how.",
        )
    return None


def _explain(error: Exception) -> Exception:
    known = explain_launch_failure(str(error))
    if known or "JAVA_GATEWAY_EXITED" not in str(error):
        return known or error
    return EnvironmentProblem(
        "a running Java process",
        "one that ended at once",
        "Look at the lines above; most often the Delta jar could not be fetched (docs/install.md).",
    )


def _ship_wheels(spark: SparkSession) -> None:
    """Ship the wheels of --py-files under a name that ends in .zip: PySpark puts no other archive on the path of workers."""
    for name in (spark.conf.get("spark.submit.pyFiles", "") or "").split(","):
        wheel = Path(name.removeprefix("file://"))
        if wheel.suffix == ".whl" and wheel.is_file():
            archive = Path(tempfile.mkdtemp(prefix="bubblenet-")) / f"{wheel.stem}.zip"
            shutil.copy(wheel, archive)
            spark.sparkContext.addPyFile(str(archive))


def _bind_names(spark: SparkSession) -> None:
    """Keep the classes that every column is made by. py4j forgets them, and looks for each use of a short name through all jars of Spark
    once for each package that is imported: 0.3 ms a column, of which a run makes thousands.
    """
    jvm = spark._jvm
    for name in ("functions", "PythonUtils", "PythonSQLUtils"):
        setattr(jvm, name, getattr(jvm, name))


def _check_delta(spark: SparkSession) -> None:
    if "DeltaSparkSessionExtension" not in (spark.conf.get("spark.sql.extensions", "") or ""):
        raise EnvironmentProblem(
            "a session with Delta",
            "spark.sql.extensions without io.delta.sql.DeltaSparkSessionExtension",
            "Give --properties-file conf/spark/local.conf.",
        )


def check_folder(location: str, settings: Settings) -> None:
    """Raise WarehouseError if a local table location is not a folder: most often it is mistyped."""
    if Store.of(location).is_local and not settings.tables.schema_name and not Path(location).is_dir():
        raise WarehouseError("a warehouse", f"no folder at {location}", "Run `bubblenet run --warehouse DIR` first, or mend --warehouse.")


@contextmanager
def open_for_reading(config: Path | None, overrides: list[str] | None, location: str) -> Iterator[tuple[Settings, Warehouse]]:
    """A session for reading an existing warehouse, quiet, and stopped at the end if it is ours. Raises WarehouseError if there is none."""
    from bubblenet import settings
    from bubblenet.kernel.warehouse import Warehouse
    from bubblenet.training.registry import with_trained_models

    chosen = settings.load(config, overrides or [])
    check_folder(location, chosen)
    with ExitStack() as stack:
        with _quiet_launch():
            spark = stack.enter_context(entered("bubblenet", chosen.execution.spark_conf, [location]))
        warehouse = Warehouse(spark, location, catalog=chosen.tables.catalog, schema=chosen.tables.schema_name, access="read")
        yield with_trained_models(chosen, warehouse), warehouse


@contextmanager
def _quiet_launch() -> Iterator[None]:
    """Redirect the standard error that the Java process inherits to a log file; show its content if the start fails."""
    with tempfile.NamedTemporaryFile("w+", suffix=".log") as log:
        screen = os.dup(2)
        os.dup2(log.fileno(), 2)
        try:
            yield
        except Exception as error:  # noqa: BLE001 - explained or raised unchanged
            text = Path(log.name).read_text(encoding="utf-8", errors="replace")
            raise explain_launch_failure(text) or error from None
        finally:
            os.dup2(screen, 2)
            os.close(screen)
