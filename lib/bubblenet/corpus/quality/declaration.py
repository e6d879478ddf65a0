"""The declaration of a quality rule: a decorator on its function, with its source, the limits it reads and its languages."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bubblenet.corpus.quality.passage import Passage

if TYPE_CHECKING:
    from bubblenet.corpus.quality.rules import RuleSettings

    IsAtFault = Callable[[Passage, RuleSettings], bool]


@dataclass(frozen=True, slots=True)
class Source:
    """The origin of rules. name: of the paper's method or data set. paper: authors, year and number; empty for our own rules."""

    name: str
    section: str = ""
    paper: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. Its name, which is also its reason, is the name of its function.

    limits: the keys of section `segmentation` that it reads. ours: what the source does not specify, such as the limit.
    languages: ISO 639-1 codes with word lists, to which it is restricted; None: it applies to all.
    spreads: a page whose text is mostly at fault is left out as a whole.
    """

    is_at_fault: IsAtFault
    source: Source
    limits: tuple[str, ...] = ()
    ours: str = ""
    languages: Collection[str] | None = None
    spreads: bool = False

    @property
    def name(self) -> str:
        """The reason."""
        return self.is_at_fault.__name__

    @property
    def summary(self) -> str:
        """The fault it finds: the first sentence of its docstring."""
        return " ".join((self.is_at_fault.__doc__ or "").split()).partition(". ")[0].removesuffix(".")

    def is_for(self, language: str) -> bool:
        """Whether it applies to passages in this language."""
        return self.languages is None or language in self.languages

    def __call__(self, passage: Passage, limits: RuleSettings) -> str | None:
        """The reason to filter the passage, or None."""
        return self.name if self.is_for(passage.language) and self.is_at_fault(passage, limits) else None


def rule(
    source: Source, *limits: str, ours: str = "", languages: Collection[str] | None = None, spreads: bool = False
) -> Callable[[IsAtFault], Rule]:
    """Declare the decorated function as a rule; arguments as in Rule. It takes effect once it is listed in `rules.RULES`."""
    return lambda is_at_fault: Rule(is_at_fault, source, limits, ours, languages, spreads)


HUMPBACK = Source("Humpback", "section 3.1 and appendix", "Li et al. 2023, arXiv:2308.06259")
HUMPBACK_RATING = Source("Humpback", "rating 1 of the curation prompt", "Li et al. 2023, arXiv:2308.06259")
GOPHER = Source("Gopher", "section A1.1", "Rae et al. 2021, arXiv:2112.11446")
GOPHER_REPETITION = Source("Gopher", "Table A1", "Rae et al. 2021, arXiv:2112.11446")
C4 = Source("C4", "section 2.2", "Raffel et al. 2020, arXiv:1910.10683")
FINEWEB = Source("FineWeb", "section 3.6", "Penedo et al. 2024, arXiv:2406.17557")
LINK_DENSITY = Source("Boilerpipe", "link density", "Kohlschuetter et al. 2010, WSDM")
WEB_SPAM = Source("Ntoulas", "sections 4.2, 4.5", "Ntoulas et al. 2006, WWW")
OURS = Source("ours")
