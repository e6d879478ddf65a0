"""Fetch freely licensed HTML pages to try the project on: the Debian handbook and FAQ, or SQLAlchemy's documentation.

    python tools/sample_pages.py --out .demo/pages [--language en]
    python tools/sample_pages.py --out .demo/guide --guide ca,en,es,fr     the same pages of the installation guide in each language

With apt-get (Debian, Ubuntu; no root needed) the pages come out of the packages debian-handbook and debian-faq, whose signatures apt
checks. Elsewhere they come out of a pinned, hash-checked source archive of SQLAlchemy (English only). The folder appears complete or
not at all, and is left alone when it is there. Standard library only.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ARCHIVE = "sqlalchemy==2.0.44"
ARCHIVE_SHA256 = "0ae7454e1ab1d780aee69fd2aae7d6b8670a581d8847f2d1e0f7ddfbf47e5a22"
ARCHIVE_FOLDERS = ("tutorial", "orm", "core", "faq")
HANDBOOK = "debian-handbook"
FAQ = "debian-faq"
GUIDE = "installation-guide-amd64"
LICENCES = {
    HANDBOOK: "GPL-2.0-or-later or CC-BY-SA-3.0; Raphael Hertzog, Roland Mas, Freexian SARL",
    FAQ: "free to copy and change under the notice in its copyright file; Software in the Public Interest",
    GUIDE: "GPL-2.0-only; the Debian Installer team and others",
    ARCHIVE: "MIT; the SQLAlchemy authors and contributors",
}


class PagesError(Exception):
    """No pages could be fetched; the message says what was wanted, what was got and what to do."""


@dataclass(frozen=True)
class Source:
    """Where pages came from."""

    name: str
    version: str
    licence: str
    num_pages: int


def main() -> int:
    """Fetch the pages unless they are there; return the exit code."""
    parser = argparse.ArgumentParser(description="Fetch freely licensed sample pages.")
    parser.add_argument("--out", type=Path, required=True, help="folder to make")
    parser.add_argument("--language", default="en", help="ISO 639-1 code; the handbook has about 25 (default: en)")
    parser.add_argument("--guide", default="", help="languages with a comma between them: take the installation guide in these instead")
    arguments = parser.parse_args()
    try:
        print(fetch(arguments.out, arguments.language, tuple(filter(None, arguments.guide.split(",")))))
    except PagesError as error:
        print(f"sample pages: {error}", file=sys.stderr)
        return 1
    return 0


def fetch(out: Path, language: str, guide: tuple[str, ...] = ()) -> str:
    """Make the folder; return a line that says what is in it. Raises PagesError. guide: languages of the installation guide."""
    if (out / "_SOURCES.md").is_file():
        return f"{out} is there already"
    if out.exists() and any(out.iterdir()):
        raise PagesError(f"wanted an empty or new folder; got {out} with files but no _SOURCES.md. Name another --out.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".pages-") as scratch:
        pages = Path(scratch, "pages")
        pages.mkdir()
        has_apt = shutil.which("apt-get") and shutil.which("dpkg-deb")
        if guide:
            sources = from_guide(pages, guide, Path(scratch))
        else:
            sources = from_debian(pages, language, Path(scratch)) if has_apt else from_archive(pages, language, Path(scratch))
        (pages / "_SOURCES.md").write_text(describe(sources, ", ".join(guide) or language), encoding="utf-8")
        if out.exists():
            out.rmdir()
        pages.rename(out)
    return f"{sum(source.num_pages for source in sources)} pages in {out}"


def from_debian(pages: Path, language: str, scratch: Path) -> list[Source]:
    """The pages of the two Debian packages; of the handbook alone where the FAQ is not translated."""
    faq = FAQ if language == "en" else f"{FAQ}-{language}"
    unpacked = {name: unpack(name, scratch) for name in (HANDBOOK, faq)}
    handbook, questions = unpacked[HANDBOOK], unpacked[faq]
    if handbook is None:
        raise PagesError(f"wanted the package {HANDBOOK}; apt-get could not fetch it. Check the network and the package sources.")
    sources = []
    for folder in sorted((handbook / "usr/share/doc/debian-handbook/html").glob(f"{language}-*"))[:1]:
        sources.append(take(sorted(folder.glob("*.html")), pages / HANDBOOK, HANDBOOK, version_of(HANDBOOK, scratch)))
    if questions is not None:
        files = sorted((questions / "usr/share/doc/debian/FAQ").rglob(f"*.{language}.html"))
        sources.append(take(files, pages / FAQ, FAQ, version_of(faq, scratch)))
    sources = [source for source in sources if source.num_pages]
    if not sources:
        raise PagesError(f"wanted pages in the language {language!r}; the packages have none. Try en, de, fr, es, ja, pt or zh.")
    return sources


def from_guide(pages: Path, languages: tuple[str, ...], scratch: Path) -> list[Source]:
    """The pages of the installation guide, a folder for each language; the same names are the same page."""
    unpacked = unpack(GUIDE, scratch) if shutil.which("apt-get") and shutil.which("dpkg-deb") else None
    if unpacked is None:
        raise PagesError(
            f"wanted the package {GUIDE}; there is no apt-get that could fetch it. Use Debian or Ubuntu, and check the network."
        )
    folder = unpacked / "usr/share/doc" / GUIDE
    there = sorted(path.name for path in folder.iterdir() if path.is_dir())
    if missing := [language for language in languages if language not in there]:
        raise PagesError(f"wanted the guide in {', '.join(missing)}; it is there in {', '.join(there)}.")
    version = version_of(GUIDE, scratch)
    return [take(sorted((folder / language).glob("*.html")), pages / language, GUIDE, version) for language in languages]


def unpack(package: str, scratch: Path) -> Path | None:
    """Download a package without root and unpack it; None when apt has no such package."""
    if not download(package, scratch, []):
        lists, cache = scratch / "lists", scratch / "cache"  # a machine without fresh lists, or a user who may not renew them
        (lists / "partial").mkdir(parents=True, exist_ok=True)
        (cache / "archives" / "partial").mkdir(parents=True, exist_ok=True)
        private = ["-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={cache}"]
        if not any(lists.glob("*Packages*")):
            subprocess.run(["apt-get", "-qq", *private, "update"], capture_output=True, check=False)
        if not download(package, scratch, private):
            return None
    target = scratch / package
    subprocess.run(["dpkg-deb", "-x", str(archive_of(package, scratch)), str(target)], check=True)
    return target


def download(package: str, scratch: Path, options: list[str]) -> bool:
    """Whether apt-get put the package's archive into the scratch folder."""
    subprocess.run(["apt-get", "-qq", *options, "download", package], cwd=scratch, capture_output=True, check=False)
    return archive_of(package, scratch) is not None


def archive_of(package: str, scratch: Path) -> Path | None:
    """The downloaded .deb of a package."""
    return next(scratch.glob(f"{package}_*.deb"), None)


def version_of(package: str, scratch: Path) -> str:
    """Version of a downloaded package."""
    command = ["dpkg-deb", "--field", str(archive_of(package, scratch)), "Version"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def take(files: list[Path], target: Path, name: str, version: str) -> Source:
    """Copy pages, leaving out links (second names of the same page)."""
    originals = [file for file in files if not file.is_symlink()]
    target.mkdir(exist_ok=True)
    for file in originals:
        shutil.copyfile(file, target / file.name)
    return Source(name, version, LICENCES[name], len(originals))


def from_archive(pages: Path, language: str, scratch: Path) -> list[Source]:
    """The pages of SQLAlchemy's documentation, for machines without apt-get."""
    if language != "en":
        raise PagesError(f"wanted pages in the language {language!r}; without apt-get there are English ones only. Use --language en.")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", str(scratch), ARCHIVE]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    archive = next(scratch.glob("sqlalchemy-*.tar.gz"), None)
    if archive is None:
        raise PagesError(f"wanted {ARCHIVE}; pip said: {answer.stderr.strip()[-300:]}. Check the network.")
    got = hashlib.sha256(archive.read_bytes()).hexdigest()
    if got != ARCHIVE_SHA256:
        raise PagesError(f"wanted {ARCHIVE} with SHA-256 {ARCHIVE_SHA256}; got {got}. Do not use that file.")
    count = copy_members(archive, pages / "sqlalchemy")
    name, version = ARCHIVE.split("==")
    return [Source(name, version, LICENCES[ARCHIVE], count)]


def copy_members(archive: Path, target: Path) -> int:
    """Write the documentation pages of the archive as TOPIC-NAME.html; return how many. Member paths are never used as paths."""
    target.mkdir()
    count = 0
    with tarfile.open(archive) as tar:
        for member in tar:
            parts = member.name.split("/")
            is_page = len(parts) == 4 and parts[1] == "doc" and parts[2] in ARCHIVE_FOLDERS and parts[3].endswith(".html")
            content = tar.extractfile(member) if is_page else None
            if content is not None:
                (target / f"{parts[2]}-{parts[3]}").write_bytes(content.read())
                count += 1
    return count


def describe(sources: list[Source], language: str) -> str:
    """The text of _SOURCES.md: what the pages are and who wrote them."""
    rows = [f"| {source.name} | {source.version} | {source.num_pages} | {source.licence} |" for source in sources]
    head = ["# Sample pages", "", f"Language: {language}. Fetched by tools/sample_pages.py; not part of the project.", ""]
    return "\n".join([*head, "| source | version | pages | licence and authors |", "|---|---|---|---|", *rows, ""])


if __name__ == "__main__":
    sys.exit(main())
