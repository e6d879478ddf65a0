"""A real standalone cluster on loopback: a master and two workers, whose Python is another environment, without an install of ours."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyspark

from bubblenet.app.session import conf_file, read_conf
from tests.conftest import ROOT, SHORT_LIVED

SPARK_HOME = Path(pyspark.__file__).parent
_FOR_SMALL_TABLES = ("spark.databricks.delta.snapshotPartitions", "spark.sql.codegen.wholeStage", "spark.sql.codegen.factoryMode")
SMALL_TABLES = {key: read_conf(conf_file("local"))[key] for key in _FOR_SMALL_TABLES}
_OURS = ("bubblenet", "__editable__", "__editable___bubblenet")


@dataclass(frozen=True)
class Cluster:
    """Where the master listens, and the interpreter of the workers."""

    master: str
    worker_python: Path
    wheel: Path

    def submit(
        self, script: Path, *arguments: str, conf: dict[str, str] | None = None, timeout: float = 600, properties: str = "cpu"
    ) -> subprocess.CompletedProcess:
        """Run an application by spark-submit from a folder that is not the project's."""
        options = {"spark.pyspark.python": str(self.worker_python), "spark.pyspark.driver.python": sys.executable}
        options |= {"spark.executor.extraJavaOptions": SHORT_LIVED} | (conf or {})
        command = [str(SPARK_HOME / "bin" / "spark-submit"), "--master", self.master, "--py-files", str(self.wheel)]
        command += ["--properties-file", str(ROOT / "conf" / "spark" / f"{properties}.conf")]
        for key, value in options.items():
            command += ["--conf", f"{key}={value}"]
        environment = {key: value for key, value in os.environ.items() if key not in ("PYSPARK_PYTHON", "PYTHONPATH")}
        environment |= {"SPARK_CONF_DIR": str(ROOT / "conf" / "spark"), "SPARK_LOCAL_IP": "127.0.0.1"}
        return subprocess.run(
            [*command, str(script), *arguments],
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd=self.wheel.parent,
            env=environment,
            check=False,
        )

    def explain(self, result: subprocess.CompletedProcess) -> str:
        """The lines of a failed application that name a cause, for a test's message."""
        lines = (result.stdout + result.stderr).splitlines()
        return "\n".join([line for line in lines if "Error" in line or "Exception" in line or "Caused" in line][:30])


@contextmanager
def standalone(folder: Path, num_workers: int = 2, cores: int = 1, gpus: int = 0) -> Iterator[Cluster]:
    """Start master and workers with spark-class, wait until all have registered, and stop them at the end.

    gpus: so many addresses are told by the discovery script of each worker; there need be no GPU behind them.
    """
    port, web = _free_port(), _free_port()
    master = f"spark://127.0.0.1:{port}"
    python, wheel = foreign_environment(folder / "worker-env"), build_wheel(folder / "dist")
    found = _find_gpus(folder / "find_gpus.sh", gpus) if gpus else ""
    processes = [_start(folder / "master.log", "master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(web))]
    try:
        for number in range(num_workers):
            options = [
                "--host",
                "127.0.0.1",
                "--cores",
                f"{cores}",
                "--memory",
                "2g",
                "--webui-port",
                "0",
                "-d",
                str(folder / f"work{number}"),
                master,
            ]
            processes.append(_start(folder / f"worker{number}.log", "worker.Worker", *options, worker_options=found))
        _wait_for_workers(web, num_workers)
        yield Cluster(master, python, wheel)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


def foreign_environment(folder: Path) -> Path:
    """A virtual environment with everything the driver's has, but nothing of ours; return its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if not entry.name.startswith(_OURS):
            (packages / entry.name).symlink_to(entry)
    python = folder / "bin" / "python"
    code = "import torch, pyarrow, importlib.util as u, sys; sys.exit(u.find_spec('bubblenet') is not None)"
    subprocess.run([str(python), "-c", code], check=True, cwd=folder, env={**os.environ, "PYTHONPATH": ""})
    return python


def build_wheel(out: Path) -> Path:
    """The wheel as `make wheel` builds it, from a copy of the tracked folders, so that no build folder is left in the checkout."""
    source = out.parent / "source"
    source.mkdir()
    for name in ("lib", "jobs", "udfs", "conf", "pyproject.toml", "README.md", "LICENSE"):
        path = ROOT / name
        ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(path, source / name, symlinks=True, ignore=ignore) if path.is_dir() else shutil.copy(path, source / name)
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)], check=True, capture_output=True
    )
    return next(out.glob("*.whl"))


def _find_gpus(script: Path, gpus: int) -> str:
    """Write a discovery script; return the options that make a worker use it."""
    addresses = ", ".join(f'"{number}"' for number in range(gpus))
    script.write_text(f'#!/bin/sh\necho \'{{"name": "gpu", "addresses": [{addresses}]}}\'\n')
    script.chmod(0o755)
    return f"-Dspark.worker.resource.gpu.amount={gpus} -Dspark.worker.resource.gpu.discoveryScript={script}"


def _start(log: Path, name: str, *options: str, worker_options: str = "") -> subprocess.Popen:
    command = [str(SPARK_HOME / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", *options]
    own = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_HOME": str(SPARK_HOME)}
    environment = os.environ | own | {"SPARK_WORKER_OPTS": worker_options, "SPARK_DAEMON_JAVA_OPTS": SHORT_LIVED}
    environment.pop("PYTHONPATH", None)
    with log.open("w") as stream:
        return subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT, env=environment)


def _wait_for_workers(web: int, num_workers: int, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{web}/json/", timeout=2) as answer:
                if answer.read().decode().count('"ALIVE"') >= num_workers + 1:  # the master says it of itself, too
                    return
        except OSError:
            pass  # the page is not up yet
        time.sleep(0.3)
    raise TimeoutError(f"{num_workers} workers did not register within {seconds} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
