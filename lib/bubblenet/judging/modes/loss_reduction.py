"""Mode `loss_reduction`: how much likelier the response has become, after its instruction, by the training of the judge.

CoLoR-Filter (Brandfonbrener et al. 2024, arXiv:2406.10670, section 3) keeps data whose loss falls most from a prior model to one that was
fine-tuned on good data. Here these are models.start and models.forward of a later round, which rounds train anyway. Both likelihoods are
rows of mode `likelihood`, each under the fingerprint of its model, so neither model is asked twice about a pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bubblenet.judging.declaration import SIGNALS_VERSION, Known, Measurement, Mode, Signal
from bubblenet.judging.measure import Pair
from bubblenet.judging.modes import likelihood

if TYPE_CHECKING:
    from bubblenet.settings import Scoring


def _run(engine: Any, pairs: Sequence[Pair], scoring: Scoring, known: Known) -> list[Measurement]:
    """(log p(y|x) by the judge - the same by the starting model) / tokens of y as the judge counts them, in nats per token."""
    reduced = []
    for pair in pairs:
        found = known.both[pair.key]
        reduced.append(Measurement(signals={"loss_reduction": (found.by_judge - found.by_start) / found.num_tokens}))
    return reduced


MODES = (
    Mode(
        "loss_reduction",
        "did training the judge make the answer likelier? log p(y|x) by models.forward - the same by models.start (arXiv:2406.10670)",
        (Signal("loss_reduction", "free", "how much likelier training has made the response given the instruction, nats per token"),),
        _run,
        lambda scoring: {"signals": SIGNALS_VERSION},
        compares=likelihood.NAME,
    ),
)
