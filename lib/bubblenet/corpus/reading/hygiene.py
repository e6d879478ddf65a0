"""Decode bytes by one documented rule, and remove from text what could break a store, a prompt or a reader."""

from __future__ import annotations

import codecs
import functools
import re
import sys
import unicodedata

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

from bubblenet.corpus.reading.prescan import declared_charsets

HYGIENE_VERSION = 2

MAX_COMBINING_RUN = 30
"""Longest run of combining marks (Unicode UAX #15, section 13, Stream-Safe Text Format); longer runs make NFC quadratic."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LINE_ENDS = re.compile("[\x0b\x0c\x85\u2028\u2029]")  # besides carriage return
# Scripts without spaces that may break at a zero-width space: Thai, Lao, Myanmar, Khmer, and others of the region.
_BREAKING = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u1aaf\u1b00-\u1b7f\ua980-\ua9ff\uaa60-\uaadf]")
# Latin, Greek, Cyrillic, Armenian, punctuation, symbols of letters: joiners change no meaning there.
_NOT_JOINING = re.compile("[\x00-\u058f\u1e00-\u200a\u2010-\u205f\u2100-\u214f]")
# C0 and C1 controls except tab and newline; bidi controls; zero-width no-break space; Unicode tag characters; the soft hyphen, the word
# joiner and invisible operators.
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
)
_ZERO_WIDTH = re.compile("[\u200b-\u200d]+")
_SURROGATES = re.compile("[\ud800-\udfff]")
_PLAIN_ASCII = bytes([*b"\t\n", *range(0x20, 0x7F)])
# Anything that those above would change: most text has none, so one search is enough.
_SUSPECT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\U000e0000-\U000e007f]"
)
# Blocks with combining marks, roughly: without a run of these, the exact and slow search is not needed.
_MAYBE_COMBINING = "[^\x00-\u02ff\u2000-\u206f\u3100-\ua66e\uac00-\ud7ff\ufe30-\uffff]"
# The first character class is separate, since a pattern that begins with a class is searched fast.
_MAYBE_COMBINING_RUN = re.compile(f"{_MAYBE_COMBINING}{_MAYBE_COMBINING}{{{MAX_COMBINING_RUN},}}")
# Browsers decode these labels by supersets of the standards named (WHATWG Encoding, section 4.2).
_SUPERSETS = {"gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "iso8859-11": "cp874", "big5": "big5hkscs"}


def decode(payload: bytes, *, http_charset: str | None, is_html: bool) -> tuple[str, str]:
    """Decode a page; return its text and the charset used.

    Order: byte order mark, HTTP header, `<meta>` or XML declaration (HTML only), UTF-8 if it is valid, detection.
    Labels are interpreted as in browsers (WHATWG Encoding: `iso-8859-1` is windows-1252). Invalid bytes become U+FFFD.
    """
    for mark, charset in _BOMS:
        if payload.startswith(mark):
            return payload[len(mark) :].decode(charset, "replace"), charset
    declared = _known_charset(http_charset) or (_meta_charset(payload) if is_html else None)
    if declared:
        return payload.decode(declared, "replace"), declared
    try:
        return payload.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        charset = _known_charset(detect_encoding(payload)) or "utf-8"
        return payload.decode(charset, "replace"), charset


def clean_text(text: str) -> str:
    """Normalise text: LF line ends, no controls but tab and newline, no bidi or tag characters, no lone surrogates, NFC; no soft
    hyphens, and no zero-width spaces and joiners but where the script needs them.

    The result can always be encoded to UTF-8, and the function is idempotent.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii() and not text.encode("ascii").translate(None, _PLAIN_ASCII):
        return text  # ten times as fast as a search
    if _SUSPECT.search(text):
        text = _SURROGATES.sub("\ufffd", _UNWANTED.sub("", _LINE_ENDS.sub("\n", text)))
        text = _ZERO_WIDTH.sub(_needed, text)
    if text.isascii():
        return text
    text = _cap_combining_runs(text)
    normal = unicodedata.normalize("NFC", text)
    return text if normal == text else unicodedata.normalize("NFC", _cap_combining_runs(normal))


def _needed(run: re.Match[str]) -> str:
    """What of a run of zero-width spaces and joiners its script needs (Unicode, sections 16.1 to 16.5 and 23.2)."""
    kept = run.group()
    before, after = run.string[max(0, run.start() - 1) : run.start()], run.string[run.end() : run.end() + 1]
    if not (_BREAKING.match(before) or _BREAKING.match(after)):
        kept = kept.replace("\u200b", "")
    if _NOT_JOINING.match(before) and _NOT_JOINING.match(after):
        kept = kept.replace("\u200c", "").replace("\u200d", "")
    return kept


def clean_line(text: str) -> str:
    """Clean text on a single line: for addresses, dates and other short fields."""
    return " ".join(clean_text(text).split())


def _known_charset(label: str | None) -> str | None:
    """The Python codec for a declared label; None for an unknown or non-text one."""
    name = map_encoding_to_html5(label.strip(), False) if label else None
    try:
        codec = codecs.lookup(name).name if name else None
    except (LookupError, ValueError):
        return None
    return _SUPERSETS.get(codec, codec) if codec else None


def _meta_charset(payload: bytes) -> str | None:
    labels = ("windows-1252" if label.strip().lower() == "x-user-defined" else label for label in declared_charsets(payload))
    charset = next(filter(None, map(_known_charset, labels)), None)
    # A declaration that can be read as ASCII is not in UTF-16 (WHATWG HTML, "prescan a byte stream").
    return "utf-8" if charset and charset.startswith("utf-16") else charset


def _cap_combining_runs(text: str) -> str:
    return _MAYBE_COMBINING_RUN.sub(lambda run: _long_combining_runs().sub(r"\1", run.group()), text)


@functools.cache
def _long_combining_runs() -> re.Pattern[str]:
    """Matches a run of combining marks beyond the maximum; group 1 is the part to keep."""
    marks = [point for point in range(0x300, sys.maxunicode + 1) if unicodedata.combining(chr(point))]
    characters = "".join(f"\\U{point:08x}" for point in marks)
    return re.compile(f"([{characters}]{{{MAX_COMBINING_RUN}}})[{characters}]+")
