"""How a virtual environment is made and filled; tools/setup.py decides what and when. Standard library only."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "constraints.txt"
SYSTEM_TORCH = VENV / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages" / "system_torch.pth"
TORCH_PACKAGES = re.compile(r"(torch|triton|nvidia-[a-z0-9-]+|cuda-[a-z0-9-]+)==")
OLDEST_TORCH = (2, 6)
JAVA_VERSION = 17
TRANSLATOR = ["apertium", *(f"apertium-{pair}" for pair in ("eng-spa", "eng-cat", "eo-en", "spa-cat", "fr-es", "es-gl", "en-gl"))]
LARGE_DOWNLOAD = re.compile(r"Downloading (?:\S*/)?([^/\s]+?)(?:\.whl|\.tar\.gz)\S* \((\d+)(?:\.\d+)? MB\)")


class SetupError(Exception):
    """A step cannot be done: wanted, got, what to do."""

    def __init__(self, wanted: str, got: str, todo: str) -> None:
        super().__init__(f"wanted {wanted}; got {got}. {todo}")


def check_java() -> None:
    """Raise SetupError unless Java of the wanted version answers."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else shutil.which("java")
    wanted = f"Java {JAVA_VERSION} or newer"
    todo = f"Debian, Ubuntu: sudo apt-get install openjdk-{JAVA_VERSION}-jre-headless; macOS: brew install openjdk@{JAVA_VERSION}."
    if not java or not Path(java).exists():
        raise SetupError(wanted, "no java in JAVA_HOME" if home else "no java in PATH and no JAVA_HOME", todo)
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr.strip()
    found = re.search(r'version "(\d+)', answer)
    if not found or int(found[1]) < JAVA_VERSION:
        raise SetupError(wanted, answer.splitlines()[0] if answer else "no answer from java -version", todo)


def create_venv() -> None:
    """Make .venv with this interpreter; one that exists is kept if its Python will do, and never deleted."""
    if VENV_PYTHON.exists():
        check_venv_version()
        if run_python("-m", "pip", "--version").returncode != 0:  # an earlier start was interrupted before pip came
            run_quietly([str(VENV_PYTHON), "-m", "ensurepip"], "pip in .venv")
        return
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError as error:  # Debian packs these apart
        todo = f"Debian, Ubuntu: sudo apt-get install python{sys.version_info.major}.{sys.version_info.minor}-venv"
        raise SetupError("Python with venv and ensurepip", str(error), todo) from None
    venv.create(VENV, with_pip=True, symlinks=True)


def check_venv_version() -> None:
    """Raise SetupError when .venv belongs to another Python than the one that runs this script."""
    got = run_python("-c", "import platform; print(platform.python_version())").stdout.strip()
    if got != platform.python_version():
        wanted = f"Python {platform.python_version()} in .venv"
        raise SetupError(wanted, got or "one that does not start", "Remove the folder .venv and run this again.")


def install_packages(torch: str) -> None:
    """Install the lock with hashes checked; setuptools first, since PySpark is built from its source archive.

    torch with CUDA, and everything else, are about as much work: two pips take half the time of one, on two cores.
    torch: `pinned`, or `system` to leave torch and CUDA out and use those of the interpreter that runs this script.
    """
    folder = find_system_torch() if torch == "system" else None
    blocks = re.split(r"\n(?=[a-z0-9])", LOCK.read_text(encoding="utf-8").strip())  # one a package: version, marker, hashes
    large = [block for block in blocks if TORCH_PACKAGES.match(block)]
    others = [block for block in blocks if not TORCH_PACKAGES.match(block)]
    SYSTEM_TORCH.unlink(missing_ok=True)
    install_blocks([block for block in blocks if block.startswith("setuptools==")])
    with ThreadPoolExecutor() as pool:
        list(pool.map(install_blocks, [others] if folder else [others, large]))
    if folder:
        SYSTEM_TORCH.write_text(f"{folder}\n", encoding="utf-8")  # comes last on sys.path: the pinned packages win
    check_torch()


def install_blocks(blocks: list[str]) -> None:
    """Install exactly these packages of the lock.

    Python compiles what it imports and keeps that; pip would compile all of it, of which hardly a tenth is ever imported.
    """
    options = ("--no-deps", "--require-hashes", "--no-compile", "--no-build-isolation", "--use-pep517")
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder, "requirements.txt")
        requirements.write_text("\n".join(blocks) + "\n", encoding="utf-8")
        pip("install", *options, "-r", str(requirements))


def install_project() -> None:
    """Install bubblenet editable: edits in lib/, jobs/, udfs/ and conf/ take effect at once."""
    pip("install", "--no-deps", "--no-build-isolation", "-e", str(ROOT))


def pip(*arguments: str) -> None:
    """Run the environment's pip, showing its large downloads; raise SetupError with its last lines when it fails."""
    command = [str(VENV_PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments, "--progress-bar", "off"]
    lines: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            report_progress(lines[-1])
    if process.returncode != 0:
        raise SetupError("pip to succeed", last_lines(process.returncode, lines), "Check network and free disk, then run it again.")


def report_progress(line: str) -> None:
    """Print a line for a download of 20 MB or more, and when pip turns from fetching to unpacking."""
    found = LARGE_DOWNLOAD.search(line)
    if found and int(found[2]) >= 20:
        print(f"        {found[2]:>4} MB  {'-'.join(found[1].split('-')[:2])}", flush=True)
    elif line.startswith("Building wheels for collected packages: pyspark"):
        print("        building PySpark's wheel from its source archive", flush=True)
    elif line.startswith("Installing collected packages: ") and line.count(",") > 1:
        print("        unpacking", flush=True)


def find_system_torch() -> str:
    """Folder from which the interpreter that runs this script imports torch. Raises SetupError when it has none that will do."""
    todo = "Give the interpreter that has it: make demo TORCH=system PYTHON=/path/to/python3 (docs/install.md)."
    if Path(sys.prefix).resolve() == VENV.resolve() and not SYSTEM_TORCH.exists():
        raise SetupError("the interpreter that has torch", "the one in .venv", todo)
    code = "import os, torch; print(torch.__version__); print(os.path.dirname(os.path.dirname(os.path.abspath(torch.__file__))))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise SetupError(f"torch in {sys.executable}", answer.stderr.strip().splitlines()[-1], todo)
    version, folder = answer.stdout.splitlines()[:2]
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_TORCH:
        raise SetupError(f"torch {OLDEST_TORCH[0]}.{OLDEST_TORCH[1]} or newer", f"{version} in {sys.executable}", todo)
    print(f"        using torch {version} of {sys.executable}", flush=True)
    return folder


def check_torch() -> None:
    """Raise SetupError unless torch and transformers load in .venv."""
    answer = run_python("-c", "import torch, transformers")
    if answer.returncode != 0:
        raise SetupError("torch that loads in .venv", answer.stderr.strip().splitlines()[-1], "docs/install.md tells about TORCH=system.")


def has_translator() -> bool:
    """Whether Apertium is there, or cannot be installed by this user."""
    return shutil.which("apertium") is not None or os.geteuid() != 0


def install_translator() -> None:
    """Install Apertium by apt where this user may and can; elsewhere say how. Nothing but translation needs it."""
    command = ["apt-get", "install", "-y", "--no-install-recommends", *TRANSLATOR]
    if os.geteuid() != 0:
        print(f"        left out, for it needs root: sudo {' '.join(command)}")
        return
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        try:
            run_quietly(command, "Apertium, the translator", **quiet)
        except SetupError:  # lists of packages that are missing or old
            run_quietly(["apt-get", "update"], "apt-get to find Debian's packages")
            run_quietly(command, "Apertium, the translator", **quiet)
    except SetupError as error:
        print(f"        left out: {error}")


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the environment's interpreter, catching what it prints."""
    return subprocess.run([str(VENV_PYTHON), *arguments], capture_output=True, text=True, check=False)


def run_quietly(command: list[str], wanted: str, **variables: str) -> None:
    """Run a command with .venv first in PATH; raise SetupError with its last lines when it fails."""
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = os.environ | {"PATH": path, "PYSPARK_PYTHON": str(VENV_PYTHON)} | variables
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if answer.returncode != 0:
        got = last_lines(answer.returncode, (answer.stdout + answer.stderr).splitlines())
        raise SetupError(wanted, got, "docs/install.md helps with machines that have no network.")


def last_lines(code: int, lines: list[str]) -> str:
    """What to show of a command that failed."""
    return f"exit code {code}:\n    " + "\n    ".join(lines[-10:]) + "\n "
