"""Keep the digests of components whose version was raised, or of new ones.

python -m tests.golden.record [NAME ...] [--new-input]       NAME may be a pattern: 'gates.*'. Without names: all, Spark's too.

A changed digest under an unchanged version is refused. --new-input: the golden input was extended; refused while lib/ or udfs/ hold
changes that are not committed, since a changed digest would then prove nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import bubblenet
from tests.golden import DIGESTS, ROOT, complaint, entry, recorded
from tests.golden.components import COMPONENTS, versions


def record(names: Sequence[str], *, is_new_input: bool = False) -> list[str]:
    """Keep what may be kept of the named components, of all without names; what must not be, in sentences."""
    kept = recorded() if DIGESTS.exists() else {}
    now = versions()
    refused = []
    for component in (one for one in COMPONENTS if not names or any(fnmatchcase(one.name, name) for name in names)):
        found, before = entry(component, now), kept.get(component.name)
        is_unchanged_version = before is not None and (found["version"], found["uses"]) == (before["version"], before["uses"])
        is_raised_alone = before is not None and found["version"] != before["version"] and found["digest"] == before["digest"]
        if found != before and ((is_unchanged_version and not is_new_input) or is_raised_alone):
            refused.append(complaint(component, found, before) or "")
        else:
            kept[component.name] = found
    known = {one.name for one in COMPONENTS}
    left = {name: kept[name] for name in sorted(kept) if name in known}
    DIGESTS.write_text(json.dumps(left, indent=1) + "\n", encoding="utf-8")
    return refused


def main(arguments: Sequence[str]) -> int:
    """Run the command; 1 where something was refused."""
    names = [argument for argument in arguments if argument != "--new-input"]
    if Path(bubblenet.__file__).resolve().parent != ROOT / "lib" / "bubblenet":
        print(f"the bubblenet that is imported is that of {bubblenet.__file__}: set PYTHONPATH={ROOT / 'lib'}")
        return 1
    unknown = {name for name in names if not any(fnmatchcase(one.name, name) for one in COMPONENTS)}
    is_new_input = "--new-input" in arguments
    if unknown:
        print(f"no component is called {', '.join(sorted(unknown))}; see tests/golden/components.py")
        return 1
    if is_new_input and subprocess.run(["git", "diff", "--quiet", "HEAD", "--", "lib", "udfs"], cwd=ROOT, check=False).returncode:
        print("lib/ or udfs/ hold changes that are not committed: record the new input without them, then make them")
        return 1
    refused = record(names, is_new_input=is_new_input)
    print("\n".join(refused) or "recorded")
    return int(bool(refused))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
