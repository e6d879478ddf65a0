"""The recipe: the fingerprint of every stage under the given settings, in one place, so that it is plain what a change redoes.

A stage's rows are redone when its fingerprint changes. Stages after it are redone where they are asked something new: their requests are
keyed by content, so an unchanged passage or pair costs nothing even when it was produced again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bubblenet.clusters import CLUSTERS_VERSION
from bubblenet.corpus.extraction.html import EXTRACTION_VERSION
from bubblenet.corpus.language import IDENTIFIER_VERSION
from bubblenet.corpus.quality import RULES_VERSION
from bubblenet.corpus.questions import HEADINGS_VERSION
from bubblenet.corpus.reading.hygiene import HYGIENE_VERSION
from bubblenet.corpus.reading.readers import READER_VERSION
from bubblenet.corpus.segmentation import SEGMENTATION_VERSION
from bubblenet.corpus.similarity.contamination import CONTAMINATION_VERSION, source_digest
from bubblenet.corpus.similarity.minhash import MINHASH_VERSION, MinHasher
from bubblenet.corpus.similarity.shingles import SHINGLES_VERSION
from bubblenet.engines.protocol import EngineSpec
from bubblenet.engines.weights import digest_of
from bubblenet.judging.gates import GATE_VERSION
from bubblenet.prompts import get_backtranslation, get_rating, text_digest
from bubblenet.stage import Fingerprint

if TYPE_CHECKING:
    from bubblenet.settings import Settings

_CUTTING = [EXTRACTION_VERSION, SEGMENTATION_VERSION, RULES_VERSION, HEADINGS_VERSION, IDENTIFIER_VERSION]
_SCRIPTED_DIGEST = "scripted"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Stage name -> fingerprint."""

    fingerprints: dict[str, Fingerprint]

    def __getitem__(self, stage: str) -> Fingerprint:
        return self.fingerprints[stage]

    @property
    def id(self) -> str:
        """Hash of all fingerprints."""
        ids = {stage: fingerprint.id for stage, fingerprint in self.fingerprints.items()}
        return hashlib.sha256(json.dumps(ids, sort_keys=True).encode()).hexdigest()[:16]


def backward_engine(settings: Settings) -> EngineSpec:
    """The engine that writes instructions."""
    return _engine(settings, settings.models.backward)


def forward_engine(settings: Settings) -> EngineSpec:
    """The engine that rates pairs."""
    return _engine(settings, settings.models.forward)


def corpus_recipe(settings: Settings) -> Recipe:
    """Fingerprints of the stages without a model; cheap, and works where no model is installed."""
    listing = Fingerprint({"code": READER_VERSION})
    # A part of a file is a request of its own: another split asks other questions, and must not stand beside the answers to the old ones.
    sizes = settings.corpus.model_dump(mode="json", include={"max_document_bytes", "split_bytes"})
    reading = Fingerprint({"reader": READER_VERSION, "hygiene": HYGIENE_VERSION} | sizes)
    rules = settings.segmentation.model_dump(mode="json") | {"languages": list(settings.corpus.languages)}
    segmenting = Fingerprint({"documents": reading.id, "code": _CUTTING, "rules": rules})
    signing = Fingerprint(_signing(settings))
    similar = settings.deduplication.model_dump(mode="json", include={"near", "min_similarity", "max_band_rows"})
    deduplicating = Fingerprint({"segments": segmenting.id, "index": signing.id, "rules": similar, "code": CLUSTERS_VERSION})
    return Recipe({"list": listing, "ingest": reading, "segment": segmenting, "minhash": signing, "deduplicate": deduplicating})


def full_recipe(settings: Settings) -> Recipe:
    """Fingerprints of all stages. Raises ModelError when a model cannot be found or is refused."""
    corpus = corpus_recipe(settings)
    backward, forward = backward_engine(settings).fingerprint_parts(), forward_engine(settings).fingerprint_parts()
    generation = settings.backtranslation.model_dump(mode="json", exclude={"candidates", "prompt"})
    question = text_digest(get_backtranslation(settings.backtranslation.prompt))
    length = settings.scoring.max_passage_tokens
    return Recipe(
        corpus.fingerprints
        | {
            "extract": Fingerprint({"code": 1}),
            "backtranslate": Fingerprint({"engine": backward, "prompt": question, "decoding": generation, "gates": GATE_VERSION}),
            "score/reverse_gain": Fingerprint({"engine": forward, "prompt": question, "max_passage_tokens": length}),
            "score/passage": Fingerprint({"engine": forward, "max_passage_tokens": length}),
            "score/likelihood": Fingerprint({"engine": forward, "max_passage_tokens": length}),
            f"score/{settings.scoring.rubric}": Fingerprint(
                {"engine": forward, "prompt": text_digest(get_rating(settings.scoring.rubric)), "max_passage_tokens": length}
            ),
        }
    )


def min_hasher(settings: Settings) -> MinHasher:
    """What signs the passages."""
    rules = settings.deduplication
    return MinHasher(rules.bands, rules.rows, rules.ngram, rules.seed)


def _signing(settings: Settings) -> dict[str, Any]:
    """Keyed by text, so the rules that cut passages do not enter."""
    evaluations = list(settings.decontamination.evaluations)
    parts: dict[str, Any] = {"minhash": asdict(min_hasher(settings)), "code": [SHINGLES_VERSION, MINHASH_VERSION]}
    if evaluations:
        share = settings.decontamination.min_share
        parts["evaluations"] = {"digests": list(map(source_digest, evaluations)), "min_share": share, "code": CONTAMINATION_VERSION}
    return parts


def _engine(settings: Settings, model: str) -> EngineSpec:
    engine = settings.engine
    return EngineSpec(
        kind=engine.kind,
        model=model,
        weights_digest=_SCRIPTED_DIGEST if engine.kind == "scripted" else digest_of(model),
        dtype=engine.dtype,
        threads=engine.threads,
        token_budget=engine.token_budget,
        window_rows=engine.window_rows,
        call_log=engine.call_log,
    )
