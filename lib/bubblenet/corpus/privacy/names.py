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
    """The version of a pipeline, which decides what it finds. Raises EnvironmentProblem if it or spaCy is missing, or it is a fake."""
    packages = importlib.metadata.packages_distributions()
    if name not in packages or "spacy" not in packages:
        todo = f"pip install spacy, and the package of {name}"
        raise EnvironmentProblem("spaCy and its pipeline, as privacy.names has it", f"no {name}", todo)
    found = importlib.metadata.version(packages[name][0])
    if found.startswith(_PLACEHOLDER_RELEASE):
        got = f"{packages[name][0]} {found}, which only holds the name"
        raise EnvironmentProblem("a pipeline of spaCy's makers", got, "Uninstall it, and install the real one.")
    return found
