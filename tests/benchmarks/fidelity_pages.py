"""The pages of `make bench-fidelity`: documentation out of Debian packages, by generator. Nothing of it is part of the project.

Packages are downloaded one at a time without being installed (about 130 MB in all), their pages are drawn by the digest of their names, and
only those are kept, in build/fidelity.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.sample_pages import unpack


@dataclass(frozen=True)
class Source:
    """Pages of one package. folder: where they are. pattern: of their names. main: selectors of the elements that hold what a page says,
    the first that is there counts. furniture: selectors of what stands in them and is none of it: links to other pages, tables of
    contents, indexes, marks of links, boxes of authors, notices of copyright, the foot of a page. layout: tables that lay out, and lists
    without numbers. See fidelity_expected.Selector."""

    generator: str
    package: str
    folder: str
    num_pages: int
    main: str
    furniture: str = ""
    pattern: str = "*.html"
    layout: str = ""


_SPHINX = "a.headerlink .viewcode-link .linenos .toctree-wrapper .contents .indextable .copybtn"
_DOCBOOK = ".navheader .navfooter .toc .spirit-nav .copyright-footer .list-of-tables .list-of-examples .refnamediv-nav .author .copyright"
_DOXYGEN = ".memberdecls .memproto .dynheader .dyncontent .directory .lineno .classindex .permalink"
_TEXINFO = (
    ".header .nav-panel .menu .contents .shortcontents .Contents_element .copiable-anchor .footnote #SEC_Contents "
    ".index-cp .index-fn .index-vr .index-tp .index-pg .index-ky .index-en"
)
_RUSTDOC = (
    ".out-of-band .srclink .src .anchor .notable-traits-tooltiptext .test-arrow .since .line-numbers .item-table .logo-container .hideme"
)
_JAVADOC = ".header-nav .sub-title .skip-nav .inheritance .source-line-no .externalLink-nav .summary-table .details-nav .anchor-link"

_GTK_DOC = f"{_DOCBOOK} .navigation .shortcuts .gallery-float .functions_proto .listing_lines .footer"
_JAVADOC_11 = f"{_JAVADOC} .overviewSummary .memberSummary .useSummary .typeSummary"
_HADDOCK = "#table-of-contents #synopsis .selflink .link #alphabet .info .instances"
_GAPDOC = ".chlinktop .chlinkbot .chlinkprevnexttop .chlinkprevnextbot .ContChap"
_APACHE = "#quickview #comments_section .toplang .bottomlang .menu .permalink .related"

SOURCES = (
    Source("Sphinx", "python3.11-doc", "usr/share/doc/python3.11/html", 160, "div[role=main]", _SPHINX),
    Source("Sphinx", "python-mpmath-doc", "usr/share/doc/python-mpmath-doc/html", 40, "div[role=main]", _SPHINX),
    Source("Sphinx", "libjs-mathjax-doc", "usr/share/doc", 60, "div[role=main]", _SPHINX),
    Source("Sphinx (Furo)", "python-sympy-doc", "usr/share/doc/python-sympy-doc/html", 120, "article[role=main]", _SPHINX),
    Source("MkDocs", "mkdocs-doc", "usr/share/doc/mkdocs/html", 40, "div[role=main]", "a.headerlink"),
    Source("MkDocs", "python-markdown-doc", "usr/share/doc/python-markdown-doc/docs", 60, "div.body", "a.headerlink .toc .linenos"),
    Source("DocBook", "installation-guide-amd64", "usr/share/doc/installation-guide-amd64/en", 120, "body", _DOCBOOK),
    Source("DocBook", "postgresql-doc-15", "usr/share/doc/postgresql-doc-15/html", 200, "body", _DOCBOOK),
    Source("DocBook (Boost)", "libboost1.74-doc", "usr/share/doc/libboost1.74-doc", 200, "body", _DOCBOOK),
    Source("GTK-Doc", "libglib2.0-doc", "usr/share/gtk-doc/html", 100, "body", _GTK_DOC),
    Source("Javadoc", "libcommons-lang3-java-doc", "usr/share/doc/libcommons-lang3-java", 120, "main", _JAVADOC),
    Source("Javadoc", "junit4-doc", "usr/share/doc/junit4", 100, "main", _JAVADOC_11),
    Source(
        "Scaladoc",
        "scala-doc",
        "usr/share/doc/scala-2.11",
        100,
        "body.type body.value",
        "#mbrsel #footer #tooltip .permalink .morelinks",
        layout="ol",
    ),
    Source("rustdoc", "rust-doc", "usr/share/doc/rust-doc/html/std", 160, "section#main-content", _RUSTDOC),
    Source("mdBook", "rust-doc", "usr/share/doc/rust-doc/html/book", 80, "main", ".header-link"),
    Source("mdBook", "rust-doc", "usr/share/doc/rust-doc/html/reference", 80, "main", ".header-link"),
    Source("Doxygen", "libitpp-doc", "usr/share/doc/libitpp-dev/html", 140, "div.contents", _DOXYGEN),
    Source("Doxygen", "libeigen3-doc", "usr/share/doc/libeigen3-dev/html", 140, "div.contents", _DOXYGEN),
    Source("Haddock", "libghc-lens-doc", "usr/share/doc/libghc-lens-doc/html", 100, "div#content", _HADDOCK),
    Source("Texinfo", "maxima-doc", "usr/share/doc/maxima-doc/html", 150, "body", _TEXINFO),
    Source("Texinfo", "libfftw3-doc", "usr/share/doc/libfftw3-dev/html", 100, "body", _TEXINFO),
    Source("Texinfo", "r-doc-html", "usr/share/R/doc/manual", 7, "body", _TEXINFO),
    Source("Texinfo", "zsh-doc", "usr/share/doc/zsh-common/html", 40, "body", _TEXINFO),
    Source("AsciiDoc", "git-doc", "usr/share/doc/git-doc", 200, "body", "#footer #toc .footnoteref .footnote"),
    Source("pandoc", "bup-doc", "usr/share/doc/bup", 40, "body", ""),
    Source("groff", "groff", "usr/share/doc/groff-base/html", 50, "body", ".toc .mini-toc-col-1 .mini-toc-col-2"),
    Source("GAPDoc", "gap-doc", "usr/share/gap/doc/ref", 60, "body", _GAPDOC, layout="table.func", pattern="chap?*[0-9].html"),
    Source("GAPDoc (MathJax)", "gap-doc", "usr/share/gap/doc/ref", 60, "body", _GAPDOC, "chap?*_mj.html", "table.func"),
    Source("doctools", "tcllib", "usr/share/doc/tcllib/html", 120, "div.doctools", "#toc #copyright"),
    Source("Apache's XSLT", "apache2-doc", "usr/share/doc/apache2-doc/manual/en", 120, "div#page-content", _APACHE),
    Source("LDoc", "lua-penlight-dev", "usr/share/doc/lua-penlight-dev", 50, "div#content", ".module_list .function_list"),
)
_INDEX = re.compile(
    r"(?:^|[-_.])(?:genindex|doc-index|index-all|index-files|allclasses"
    r"|search|py-modindex|overview-tree|package-tree|class-use|deprecated-list)"
)


def pages(folder: Path, sources: tuple[Source, ...] = SOURCES) -> Iterator[tuple[Source, str, bytes]]:
    """(source, name, content) of the drawn pages; downloads what is not in the folder."""
    for source in sources:
        target = folder / re.sub(r"\W+", "-", f"{source.generator} {source.package} {source.folder.rpartition('/')[2]}")
        if not (target / ".complete").exists():
            _fetch(source, target)
        for path in sorted(target.glob("*.html")):
            yield source, f"{source.package}/{path.name}", path.read_bytes()


def _fetch(source: Source, target: Path) -> None:
    """Draw pages of a package that is unpacked for it, and remove the rest."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".package-") as scratch:
        root = unpack(source.package, Path(scratch))
        if root is None:
            raise SystemExit(f"bench-fidelity: wanted {source.package}; apt-get could not fetch it. It needs Debian 12 and the network.")
        named = sorted(_candidates(root / source.folder, source.pattern), key=_draw)
        for name, path in named[: source.num_pages]:
            shutil.copyfile(path, target / name.replace("/", "__"))
    (target / ".complete").touch()


def _candidates(root: Path, pattern: str) -> Iterator[tuple[str, Path]]:
    """Pages that say something: no links, no indexes, no stubs."""
    for path in root.rglob(pattern):
        if path.is_file() and not path.is_symlink() and path.stat().st_size > 2000 and not _INDEX.search(path.name):
            yield path.relative_to(root).as_posix(), path


def _draw(named: tuple[str, Path]) -> bytes:
    return hashlib.sha256(named[0].encode()).digest()
