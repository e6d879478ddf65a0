"""The whole pipeline on a real HDFS and on a server that speaks S3: pages, tables, plans and journals are all there.

`make test-stores` fetches both servers to build/stores; without them these tests are skipped.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from deltalake import DeltaTable
from pyarrow import fs

from bubblenet.stores import Store
from tests.conftest import ROOT, SCRIPTED
from tests.corpora import ten_pages

pytestmark = [pytest.mark.nightly, pytest.mark.spark, pytest.mark.timeout(1800)]

SERVERS = ROOT / "build" / "stores"
AWS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true"}
COLUMNS = ["instruction", "response", "grade", "quality", "origin", "language"]
MOST_SECONDS = 60.0


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    """A server, from the moment that it listens; ended with its children."""
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        started = time.monotonic()
        while not is_open(port):
            is_starting = server.poll() is None and time.monotonic() - started < MOST_SECONDS
            assert is_starting, (folder / "server.log").read_text()[-3000:]
            time.sleep(0.2)
        yield
    finally:
        server.kill()
        server.wait()


def is_open(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def hdfs(tmp_path) -> Iterator[str]:
    jars = SERVERS / "hdfs"
    if not jars.is_dir():
        pytest.skip(f"no HDFS in {jars}: make test-stores")
    port, java = free_port(), ["java", "-cp", f"{jars}/*", "org.apache.hadoop.mapreduce.MiniHadoopClusterManager"]
    options = ["-nomr", "-format", "-nnport", str(port), "-nnhttpport", str(free_port()), "-datanodes", "1"]
    with running([*java, *options, "-D", "dfs.permissions.enabled=false"], tmp_path, port):
        wait_until_it_takes_files(f"hdfs://127.0.0.1:{port}")
        yield f"hdfs://127.0.0.1:{port}"


def wait_until_it_takes_files(root: str) -> None:
    """The name node listens before a data node has joined it."""
    started = time.monotonic()
    while True:
        try:
            with Store.of(root).files().open_output_stream("first") as stream:
                stream.write(b"x")
            return
        except OSError:
            if time.monotonic() - started > MOST_SECONDS:
                raise
            time.sleep(0.5)


@pytest.fixture
def s3(tmp_path, monkeypatch) -> Iterator[str]:
    server = SERVERS / "moto" / "bin" / "moto_server"
    if not server.is_file():
        pytest.skip(f"no S3 server at {server}: make test-stores")
    port = free_port()
    for name, value in (AWS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}).items():
        monkeypatch.setenv(name, value)
    with running([str(server), "-p", str(port)], tmp_path, port):
        client = fs.S3FileSystem(endpoint_override=os.environ["AWS_ENDPOINT_URL"], allow_bucket_creation=True)
        client.create_dir("corpus")
        yield "s3://corpus"


@pytest.mark.parametrize("server", ["hdfs", "s3"])
def test_a_run_ends_as_on_local_files_and_again_without_java(server, request, tmp_path):
    root = request.getfixturevalue(server)
    pages = ten_pages(tmp_path / "pages")
    copy(pages, f"{root}/pages")

    there = run(f"{root}/pages", f"{root}/warehouse")
    here = run(str(pages), str(tmp_path / "warehouse"))
    assert published(f"{root}/warehouse") == published(str(tmp_path / "warehouse")) != []
    assert verdicts(there) == verdicts(here)

    again = run(f"{root}/pages", f"{root}/warehouse", PATH="no-java")
    assert "spark-submit" not in again
    assert f"--warehouse {Store.of(root).spark}/warehouse" in again


def copy(folder: Path, url: str) -> None:
    files = Store.of(url).files()
    for page in folder.iterdir():
        with files.open_output_stream(page.name) as stream:
            stream.write(page.read_bytes())


def run(pages: str, warehouse: str, **environment: str) -> str:
    """`bubblenet run` with the scripted engine; what it printed."""
    command = [str(Path(sys.executable).with_name("bubblenet")), "run", "--input", pages, "--snapshot", "one", "--warehouse", warehouse]
    changes = [part for change in SCRIPTED for part in ("--set", change)]
    done = subprocess.run(
        command + changes, env={**os.environ, "COLUMNS": "300", **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def published(warehouse: str) -> list[tuple]:
    """The published pairs without what names their files."""
    table = DeltaTable(Store.of(f"{warehouse}/curated").delta).to_pyarrow_table(columns=COLUMNS)
    return sorted(tuple(row.values()) for row in table.to_pylist())


def verdicts(printed: str) -> list[str]:
    """The accounting identities of the stages."""
    return [line.partition("  (")[0] for line in printed.splitlines() if " seen = " in line]
