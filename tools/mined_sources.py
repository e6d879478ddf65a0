"""The packages that a reader is trained on, and those held out to measure it while it trains."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """Pages of a Debian package, in one language."""

    package: str
    language: str = "en"
    pages: str = "*.html"


SOURCES = (
    Source("debian-reference-en", "en", "*.en.html"),
    Source("debian-reference-de", "de", "*.de.html"),
    Source("debian-reference-es", "es", "*.es.html"),
    Source("debian-reference-fr", "fr", "*.fr.html"),
    Source("aptitude-doc-en"),
    Source("aptitude-doc-es", "es"),
    Source("aptitude-doc-fr", "fr"),
    Source("libreoffice-help-en-us"),
    Source("libreoffice-help-de", "de"),
    Source("libreoffice-help-es", "es"),
    Source("libreoffice-help-fr", "fr"),
    Source("kicad-doc-en"),
    Source("kicad-doc-de", "de"),
    Source("lilypond-doc-html"),
    Source("lilypond-doc-html-de", "de"),
    Source("lilypond-doc-html-es", "es"),
    Source("lilypond-doc-html-fr", "fr"),
    *(
        Source(package)
        for package in (
            "apcupsd-doc", "bash-doc", "borgbackup-doc", "buildbot-doc", "chrony", "cmake-doc", "cups-server-common", "dar-docs",
            "debian-policy", "denemo-doc", "exim4-doc-html", "ganeti-doc", "gimp-help-en", "gnuplot-doc", "homebank-data", "hplip-doc",
            "hydrogen-doc", "i3-wm", "imagemagick-6-doc", "keystone-doc", "krb5-doc", "libvirt-doc", "maint-guide", "mkdocs-doc", "nano",
            "neomutt", "ntpsec-doc", "nut-doc", "octave-doc", "postfix-doc", "postgis-doc", "python-biopython-doc", "python-flask-doc",
            "python-pandas-doc", "python-requests-doc", "reprepro", "scummvm", "selinux-policy-doc", "shorewall-doc", "slurm-wlm-doc",
            "sphinx-doc", "tuxpaint-data", "varnish-doc", "wireshark-doc",
        )
    ),
)  # fmt: skip

HELD_OUT = frozenset(
    {
        "borgbackup-doc",
        "homebank-data",
        "wireshark-doc",
        "exim4-doc-html",
        "gnuplot-doc",
        "python-flask-doc",
        "aptitude-doc-en",
        "aptitude-doc-es",
        "aptitude-doc-fr",
        "debian-reference-en",
        "debian-reference-de",
        "debian-reference-es",
        "debian-reference-fr",
        "postfix-doc",
    }
)
"""Of different fields and languages; translations of one text are on one side. Packages of which an experiment holds pages out are here."""
