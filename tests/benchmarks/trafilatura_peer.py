"""Trafilatura's side of `make bench-extraction`, in its own environment: options in, one JSON line each; seconds and texts out."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import trafilatura


def main() -> None:
    """Extract all pages once for each line of options. As in Trafilatura's own evaluation, comments are left out."""
    pages = json.loads(Path(sys.argv[1]).read_text())
    for line in sys.stdin:
        started = time.process_time()
        texts = {name: trafilatura.extract(html, include_comments=False, **json.loads(line)) or "" for name, html in pages.items()}
        print(json.dumps({"seconds": time.process_time() - started, "texts": texts}), flush=True)


if __name__ == "__main__":
    main()
