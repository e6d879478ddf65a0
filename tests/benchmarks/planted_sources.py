"""Pages whose questions planted pairs are made of: Debian packages.

`fit` is what calibrations are fitted on, `bench` what they are tried on while they are made; `unseen` is measured to report, and nothing is
ever chosen by it: no package of it is in another set, trained on by a reader, labelled, or read by an experiment.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """Pages of a package: which, and in which language their questions are."""

    package: str
    pages: str
    language: str = "en"


_DOC = "usr/share/doc"
SETS = {
    "fit": (
        Source("python3.11-doc", "**/faq/*.html"),
        Source("python3.11-doc", "**/howto/*.html"),
        Source("r-doc-html", "**/R-FAQ.html"),
        Source("python-django-doc", "**/faq/*.html"),
        Source("developers-reference", "**/*.html"),
        Source("git-doc", "**/*.html"),
        Source("privoxy", "**/faq/*.html"),
        Source("fetchmail", "**/fetchmail-FAQ.html"),
        Source("zsh-doc", "**/FAQ*.html"),
        Source("ffmpeg-doc", "**/*faq.html"),
        Source("sqlite3-doc", "**/faq.html"),
        Source("python-sqlalchemy-doc", "**/faq/*.html"),
        Source("python-celery-doc", "**/faq.html"),
        Source("python-scrapy-doc", "**/faq.html"),
        Source("python-pymongo-doc", "**/faq.html"),
        Source("python-psycopg2-doc", "**/faq.html"),
    ),
    "bench": (
        Source("debian-faq", f"{_DOC}/debian/FAQ/*.en.html"),
        Source("harden-doc", f"{_DOC}/harden-doc/html/en-US/*.html"),
        Source("apache2-doc", f"{_DOC}/apache2-doc/manual/en/**/*.html"),
        Source("debian-handbook", f"{_DOC}/debian-handbook/html/en-US/*.html"),
    ),
    "unseen": tuple(
        Source(package, pages)
        for package, pages in {
            "apt-cacher-ng": "**/*.html",
            "asymptote-doc": "**/faq/*.html",
            "bogofilter-common": "**/*.html",
            "cyrus-doc": "**/*.html",
            "cyrus-sasl2-doc": "**/*.html",
            "exmh": "**/*.html",
            "flex-doc": "**/*.html",
            "fontforge-doc": "**/*.html",
            "gammu-doc": "**/*.html",
            "gamgi-doc": "**/*.html",
            "getmail6": "**/*.html",
            "irssi": "**/*.html",
            "jedit": "**/*.html",
            "libapache-mod-jk-doc": "**/*.html",
            "mhonarc": "**/*.html",
            "mplayer-doc": "**/HTML/en/*.html",
            "numba-doc": "**/*.html",
            "partimage-doc": "**/*.html",
            "proftpd-doc": "**/*.html",
            "python-pysnmp4-doc": "**/*.html",
            "samhain": "**/*.html",
            "sylpheed-doc": "**/FAQ/en/*.html",
            "tcllib": "**/*.html",
            "user-mode-linux-doc": "**/*.html",
            "weechat-doc": "**/*.en.html",
        }.items()
    ),
    "fr": (Source("debian-faq-fr", "**/*.html", "fr"),),
    "de": (Source("debian-faq-de", "**/*.html", "de"),),
    "pt": (Source("debian-faq-pt", "**/*.html", "pt"),),
    "es": (
        Source("debian-handbook", f"{_DOC}/debian-handbook/html/es-ES/*.html", "es"),
        Source("harden-doc", f"{_DOC}/harden-doc/html/es-ES/*.html", "es"),
    ),
}
