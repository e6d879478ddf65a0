"""The shape of the project: packages, data files, names and rules that no other tool checks."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGE = ROOT / "lib" / "bubblenet"
LINKED = ("jobs", "udfs", "conf")
"""Folders at the top that the package holds as links."""

LONGEST_FILE = 300
LONGEST_FUNCTION = 60
LONGEST_JOB = 60
TEXT_SUFFIXES = {".py", ".md", ".toml", ".conf", ".properties", ".txt", ".sql", ".html", ".ipynb", ".yml", ""}
HOSTS = ("pypi" + ".org", "pythonhosted" + ".org", "maven" + ".org", "maven.apache" + ".org", "deb.debian" + ".org", "npmjs" + ".org")
MACHINE_PATH = re.compile(r"(?<![\w./:{}-])/(?:work|root|Users)/\w")


def project_files() -> list[Path]:
    """Files that are in git or would be added to it."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        pytest.skip("not a git checkout: cannot tell the project's files from what lies beside them")
    return [ROOT / name for name in result.stdout.split("\0") if name and (ROOT / name).is_file()]


def modules() -> list[Path]:
    return [path for path in project_files() if path.suffix == ".py"]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def package_files() -> list[Path]:
    """Files of the package, by the names that they have in it."""
    folders = {ROOT / name: PACKAGE / name for name in LINKED} | {PACKAGE: PACKAGE}
    found = ((path, folder) for path in project_files() for folder in folders if folder in path.parents)
    return [folders[folder] / path.relative_to(folder) for path, folder in found if path.name not in LINKED]


def test_lib_holds_the_package_alone():
    assert [path.name for path in (ROOT / "lib").iterdir() if path.is_dir() and not path.name.endswith(".egg-info")] == ["bubblenet"]


@pytest.mark.parametrize("name", LINKED)
def test_the_folders_at_the_top_are_links_in_the_package(name: str):
    link = PACKAGE / name

    assert link.is_symlink(), f"git was told not to make links (core.symlinks): {link}"
    assert link.readlink() == Path("..", "..", name)


def test_a_bubblenet_of_another_clone_is_not_tested(tmp_path: Path):
    """An editable install of another clone used to be tested without a word."""
    (tmp_path / "bubblenet").mkdir()
    (tmp_path / "bubblenet" / "__init__.py").write_text('"""Not this one."""\n')
    code = "import bubblenet, pytest, sys; sys.exit(pytest.main(['--collect-only', '-q', 'tests/unit/test_errors.py']))"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}

    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"wanted the bubblenet of {ROOT / 'lib'}; got that of {tmp_path / 'bubblenet'}" in result.stderr


def test_every_folder_with_modules_is_a_package():
    folders = {path.parent for path in package_files() if path.suffix == ".py"}

    assert [relative(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


@pytest.mark.parametrize("stem", sorted(path.stem for path in (ROOT / "jobs").glob("[a-z]*.py")))
def test_a_job_does_not_shadow_another_module(stem: str):
    """spark-submit puts jobs/ first on sys.path, so that a job named like a module replaces it, in Spark's own code too."""
    assert stem not in sys.stdlib_module_names
    assert stem not in importlib.metadata.packages_distributions()


def test_no_module_imports_a_folder_by_its_bare_name():
    found = []
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
            found += [f"{relative(path)}:{node.lineno}" for name in names if name.split(".")[0] in ("lib", *LINKED)]

    assert found == []


def test_every_module_opens_with_a_docstring():
    assert [relative(path) for path in modules() if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))] == []


def test_source_is_ascii():
    assert [relative(path) for path in modules() if not path.read_bytes().isascii()] == []


def test_files_and_functions_stay_short():
    too_long = []
    for path in modules():
        text = path.read_text(encoding="utf-8")
        is_product = not relative(path).startswith("tests/")  # a list of cases may be long, code may not
        if is_product and text.count("\n") > LONGEST_FILE:
            too_long.append(f"{relative(path)}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION:
                too_long.append(f"{relative(path)}: {node.name}")

    assert too_long == []


def test_a_job_is_a_sentence():
    lengths = {path.name: path.read_text(encoding="utf-8").count("\n") for path in (ROOT / "jobs").glob("*.py")}

    assert {name: length for name, length in lengths.items() if length > LONGEST_JOB} == {}


def test_no_file_names_a_registry_host_or_a_path_of_one_machine():
    found = []
    for path in project_files():
        if path.suffix in TEXT_SUFFIXES and path != Path(__file__).resolve():
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
                if any(host in line for host in HOSTS) or MACHINE_PATH.search(line):
                    found.append(f"{relative(path)}:{number}: {line.strip()[:80]}")

    assert found == []


def test_every_pinned_package_has_a_hash_and_no_index():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[a-z0-9])", text.strip())

    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "index-url" not in text


def test_pinned_packages_cover_the_dependencies():
    extras = PROJECT["project"]["optional-dependencies"]
    wanted = [*PROJECT["project"]["dependencies"], *extras["dev"], *extras["demo"]]
    names = {re.split(r"[^a-z0-9-]", requirement)[0] for requirement in wanted}
    pinned = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE))

    assert names - pinned == set()


def test_spark_files_agree_on_delta():
    """One version of the jar, the one that the Python package belongs to."""
    version = next(name.split("==")[1] for name in PROJECT["project"]["dependencies"] if name.startswith("delta-spark=="))
    for path in sorted((ROOT / "conf" / "spark").glob("*.conf")):
        assert f"spark.jars.packages io.delta:delta-spark_4.2_2.13:{version}\n" in path.read_text(encoding="utf-8"), path.name


def test_a_wheel_holds_every_module_and_every_conf_file(tmp_path: Path):
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for folder in ("lib", *LINKED):
        shutil.copytree(ROOT / folder, source / folder, symlinks=True, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(source)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout[-2000:] + built.stderr[-2000:]

    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())

    assert {path.relative_to(PACKAGE.parent).as_posix() for path in package_files()} - names == set()
    assert {name.split("/")[0] for name in names} == {"bubblenet", f"bubblenet-{PROJECT['project']['version']}.dist-info"}


def test_every_data_file_that_the_code_names_is_there():
    """Such a name is no import, so no checker follows it, and a moved file is missed when the job has done its work."""
    named = re.compile(r'files\("bubblenet\.([a-z.]+)"\)((?:\.joinpath\((?:"[^"]+"(?:, )?)+\)| / "[^"]+")+)')
    found = [
        (path, match) for path in package_files() if path.suffix == ".py" for match in named.finditer(path.read_text(encoding="utf-8"))
    ]
    missing = [
        f"{relative(path)}: {match[0]}"
        for path, match in found
        if not PACKAGE.joinpath(*match[1].split("."), *re.findall('"([^"]+)"', match[2])).exists()
    ]

    assert len(found) > 5
    assert missing == []
