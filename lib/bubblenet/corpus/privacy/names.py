"""Names of persons by spaCy pipelines that the user names; neither spaCy nor a pipeline comes with the package.

Names that are nobody's in particular (authors, inventors, characters) are masked as well: a pipeline cannot tell. So it is off by default.
"""

from __future__ import annotations

import functools
import importlib.metadata
from collections.abc import Iterator
from typing import Any

from bubblenet.corpus.privacy.found import Found
from bubblenet.errors import EnvironmentProblem

_PERSON = frozenset(("PERSON", "PER"))
_PLACEHOLDER_RELEASE = "999."
"""Version of packages that hold a pipeline's name on a public registry and are not it."""


def names(text: str, pipelines: tuple[str, ...]) -> Iterator[Found]:
    """Persons as each pipeline finds them."""
    for name in pipelines:
        for entity in pipeline(name)(text).ents:
            if entity.label_ in _PERSON:
                yield Found(entity.start_char, entity.end_char, "name", " ".join(entity.text.casefold().split()))


@functools.cache
def pipeline(name: str) -> Any:
    """The pipeline of that package, without the parts that names do not need. Raises EnvironmentProblem."""
    version = installed_version(name)
    import spacy

    try:
        return spacy.load(name, exclude=["parser", "lemmatizer", "attribute_ruler"])
    except OSError as error:
        wanted = "a spaCy pipeline in privacy.names"
        raise EnvironmentProblem(wanted, f"{name} {version}: {error}", f"Install the package of {name} for this spaCy.") from error


def installed_version(name: str) -> str:
    """The version of a pipeline, which is part of what it finds. Raises EnvironmentProblem if it or spaCy is missing, or if it is a fake."""
    packages = {importlib.metadata.packages_distributions().get(module, [""])[0] for module in (name, "spacy")}
    if "" in packages:
        raise EnvironmentProblem(
            "spaCy and its pipeline, as privacy.names has it", f"no {name}", f"pip install spacy and the package of {name}"
        )
    found = importlib.metadata.version(importlib.metadata.packages_distributions()[name][0])
    if found.startswith(_PLACEHOLDER_RELEASE):
        raise EnvironmentProblem(
            "a pipeline of spaCy's makers", f"{name} {found}, which only holds the name", "Uninstall it; install the real one."
        )
    return found
