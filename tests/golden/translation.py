"""Components of translation. The translator is the scripted one, and embeddings have a component of their own."""

from __future__ import annotations

from typing import Any
from unittest import mock

from bubblenet.judging.calibration import Curve
from bubblenet.settings import Paraphrasing
from bubblenet.translation import masking
from bubblenet.translation.calibration import TranslationCalibration
from bubblenet.translation.embedding import similarities
from bubblenet.translation.finishing import finished
from bubblenet.translation.native import translate_instructions, translate_passages, way
from bubblenet.translation.paraphrasing import Wanted, paraphrase
from bubblenet.translation.protocol import Direction, Translation
from bubblenet.translation.scripted import ScriptedTranslator
from bubblenet.translation.signals import compared, signals
from bubblenet.translation.trips import Chain, Trip
from tests.golden import Component, Plant

MASKED = [
    "```sh\nmake all\n``` and `code` in a line",
    "see http://example.org/a?b=1. or mail me.too@example.co.uk",
    "set ${HOME} or $(date) or $PATH",
    "{{name}} {x:03} %(name)s %d 5% off <b>bold</b>",
    "C:\\dir\\file and ~/bin/run ./a/b /etc/",
    "GNU/Linux and/or netcfg/get_ip",
    "use -v or --color=auto well-known",
    "call os.path.join() or f()",
    "java.lang.String config.toml e.g. a.b",
    "snake_case __init__ camelCase PascalCase Word",
    "20 GB, 5 km/h, -3.5 %, 90 \u00b0C, 10 users",
    "v1.2.3 10:30 1,000.5 2024-01-02",
    "the \"quoted name\" and \u201cthis\u201d and \u00abthat\u00bb and 'single words' don't",
    f"{masking.OPENING}1{masking.CLOSING}",
    "a * b # c @ d ^ e | f",
    "plain words only",
    "",
]

SENTENCES = [
    "Explain why a shell uses and does need it.",
    "Do not use more than 3 `threads` if Anna must wait!",
    "How does Debian use /etc/hosts? It can explain it.",
    "use it",
    "Why is it not related to Berlin in 1999?",
    "BUBBLENET-FAIL",
    "Keep `this` BUBBLENET-LOSE",
]


def _masking() -> Any:
    found = [
        (
            masked := masking.mask(text),
            masked.restore(masked.text),
            masking.unmasked_words(masked.text),
            masking.placeholder_spans(masked.text),
        )
        for text in MASKED
    ]
    masked = masking.mask("Run `a` and `b` now.")
    refused = []
    for translation in (
        masked.text.replace("1", " 1 "),
        "lost",
        f"{masked.text} {masking.placeholder(2)}",
        f"{masked.text} {masking.placeholder(3)}",
    ):
        try:
            refused.append(masked.restore(translation))
        except masking.MaskingError as error:
            refused.append(error.reason)
        refused.append(masked.restore_roughly(translation))
    return found, refused


def _trip(text: str, there: str, back: str, language: str = "en", coverage: float | None = 0.8) -> Trip:
    return Trip(masking.mask(text), Chain((language, "es", language)), (Translation(there, coverage), Translation(back, 1.0)), back)


def _signals() -> Any:
    trips = [
        _trip("Do not use 3 tools in Berlin.", "No uses 3 utensilios en Berlin.", "Do not use 3 tools in Berlin."),
        _trip("Do not use 3 tools in Berlin. Why?", "Usa 4 utensilios en Roma.", "Use 4 tools in Rome.", coverage=None),
        _trip("You must wait. Can you check this?", "Debe esperar. Puede verificar esto?", "You may wait. It can check this?"),
        _trip("Explain `make` and the n't of don't.", "Explica \u27e61\u27e7.", "\u27e61\u27e7 explains it and isn't."),
        _trip(
            "Warum ist das Wasser nicht hei\u00df genug f\u00fcr den Tee?", "x", "Das Wasser ist hei\u00df genug f\u00fcr den Tee.", "de"
        ),
        _trip("Use tools.", "Usa utensilios.", "Use tools and hammers with great care."),
        _trip("copied word", "copied word", "copied word"),
        _trip("", "", ""),
        _trip("Hva er det?", "Que es?", "Hva er det for noe?", "no"),
        _trip(
            "The kettle should never stand on the stove for long, says Anna-Maria of Rome.",
            "La tetera",
            "The kettle the kettle on the stove says Anna.",
        ),
    ]
    return [(signals(trip), compared(trip)) for trip in trips]


def _finished() -> Any:
    texts = [
        ("explain The shell. It works.", "Explain it."),
        ("How Does It work? For I know: The end", "how"),
        ("die Katze Und Der Hund", "Die"),
        ("", "A"),
        ("The The", "x The"),
    ]
    return [finished(*text, language) for text in texts for language in ("en", "de", "xx")]


def _calibration() -> TranslationCalibration:
    curves = {
        "length": Curve(knots=(0.5, 1.0), values=(0.0, 4.0)),
        "chrf": Curve(knots=(0.0, 1.0), values=(0.0, 3.0)),
        "similarity": Curve(knots=(0.0, 1.0), values=(0.0, 1.0)),
    }
    chains = ("en-xx-en", "en-yy-en", "es-xx-es", "en-xx-es-xx-en")
    return TranslationCalibration(
        version=1,
        translator="scripted",
        labels="",
        chains=chains,
        floors={"en": 0.8, "es": 0.5},
        intercept=-4.0,
        curves=curves,
        data={},
        figures={},
    )


def _alike(pairs: list[tuple[str, str]]) -> list[float]:
    return [0.75 + 0.01 * (len(first) % 20) for first, _ in pairs]


def _paraphrased() -> Any:
    wanted = [
        Wanted(f"k{number}", text, language, lambda found: "refused" if "1999" in found else None)
        for number, text in enumerate(SENTENCES)
        for language in ("en", "es", "de")
    ]
    with mock.patch("bubblenet.translation.trust.similarities", _alike):
        return [
            paraphrase(
                ScriptedTranslator(),
                wanted,
                Paraphrasing(pivots=("xx", "yy", "zz", "xx-es-xx"), chains=chains, min_difference=least),
                calibration,
            )
            for chains, least in ((1, 0.0), (2, 0.05), (2, 0.1), (2, 0.2))
            for calibration in (_calibration(), None)
        ]


def _native() -> Any:
    known = [Direction(*pair) for pair in (("a", "b"), ("b", "c"), ("a", "d"), ("d", "c"), ("c", "e"), ("b", "a"))]
    ways = [way(source, target, known) for source in "abe" for target in "abce"]
    there = Chain(("en", "xx", "es"))
    with mock.patch("bubblenet.translation.trust.similarities", _alike):
        translated = [translate_instructions(ScriptedTranslator(), SENTENCES, there, calibration) for calibration in (_calibration(), None)]
    return ways, translate_passages(ScriptedTranslator(), [*SENTENCES, SENTENCES[0]], there), translated


def _encoded() -> Any:
    pairs = [
        ("The cat sits on the mat.", "A cat is sitting on a mat."),
        ("How is tea made?", "Wie wird Tee gemacht?"),
        ("Open the window.", "The price of copper fell in March."),
    ]
    return similarities(pairs)


TRANSLATED = "backtranslate/translated and paraphrase"

TRANSLATION = [
    Component(
        "MASKING_VERSION",
        "bubblenet.translation.masking",
        _masking,
        TRANSLATED,
        Plant(
            "bubblenet.translation.masking",
            "return Masked(_PROTECTED.sub(replace, text), tuple(protected))",
            "return Masked(_PROTECTED.sub(replace, text, count=2), tuple(protected))",
        ),
    ),
    Component(
        "QUALITY_VERSION",
        "bubblenet.translation.signals",
        _signals,
        TRANSLATED,
        Plant(
            "bubblenet.translation.signals",
            "return min(1.0, after / before) if before else None",
            "return after / before if before else None",
        ),
        ("MASKING_VERSION",),
    ),
    Component(
        "FINISHING_VERSION",
        "bubblenet.translation.finishing",
        _finished,
        TRANSLATED,
        Plant("bubblenet.translation.finishing", "if source[:1].isupper() else text", "if source[:1].islower() else text"),
        ("QUALITY_VERSION",),
    ),
    Component(
        "ENCODER_VERSION",
        "bubblenet.translation.embedding",
        _encoded,
        TRANSLATED,
        digits=2,
        plant=Plant(
            "bubblenet.translation.embedding", "max(0.0, float(vectors[one] @ vectors[other]))", "float(vectors[one] @ vectors[one])"
        ),
    ),
    Component(
        "PARAPHRASING_VERSION",
        "bubblenet.translation.paraphrasing",
        _paraphrased,
        "paraphrase",
        Plant("bubblenet.translation.paraphrasing", "difference < settings.min_difference", "difference < 2 * settings.min_difference"),
        ("MASKING_VERSION", "QUALITY_VERSION", "FINISHING_VERSION"),
    ),
    Component(
        "NATIVE_VERSION",
        "bubblenet.translation.native",
        _native,
        "backtranslate/translated",
        Plant("bubblenet.translation.native", "open_.popleft()", "open_.pop()"),
        ("MASKING_VERSION", "QUALITY_VERSION", "FINISHING_VERSION"),
    ),
]
