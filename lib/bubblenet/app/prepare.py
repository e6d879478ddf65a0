"""Prepare, once after an installation, what the Java of a session on this machine loads: `python -m bubblenet.app.prepare`."""

from __future__ import annotations

import sys

from bubblenet.app import classes, session
from bubblenet.app.command_line import exit_code


def main() -> None:
    """Fetch Delta's jars, and archive the classes of a run of the pipeline."""
    session.check_java()
    conf = session.conf_file("local")
    classes.prepare(conf, session.read_conf(conf)["spark.jars.packages"])


if __name__ == "__main__":
    sys.exit(exit_code(main))
