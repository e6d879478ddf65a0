"""Every component whose version decides what is redone."""

from __future__ import annotations

from tests.golden import Component
from tests.golden.corpus import CORPUS
from tests.golden.judging import JUDGING
from tests.golden.models import MODELS, OTHERS
from tests.golden.privacy import PRIVACY
from tests.golden.rights import RIGHTS
from tests.golden.spark import SPARK
from tests.golden.stored_pages import STORED_PAGES
from tests.golden.translation import TRANSLATION

PLAIN = [*CORPUS, *PRIVACY, *STORED_PAGES, *RIGHTS, *JUDGING, *TRANSLATION, *OTHERS]
"""Those that need neither Spark nor torch."""

COMPONENTS: list[Component] = [*PLAIN, *MODELS, *SPARK]


def versions() -> dict[str, object]:
    """As the code has them now, by the names of their components."""
    return {component.name: component.version for component in COMPONENTS}
