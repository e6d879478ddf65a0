"""Text as a model may read it whatever its letters are: without disguises that a reader does not see.

Compatibility forms (full width, mathematical letters), letters of other scripts that look like Latin ones, invisible characters, and
letters that are spaced out. The result is only searched; nothing of it is stored or shown.
"""

from __future__ import annotations

import re
import unicodedata

# Letters of Cyrillic, Greek and Armenian, and of Latin itself, with the Latin ones that they look like (Unicode UTS #39, confusables.txt).
_ALIKE = str.maketrans(
    "\u0430\u0441\u0501\u0435\u04bb\u0456\u0458\u04cf\u043e\u0440\u051b\u0455\u0475\u051d\u0445\u0443\u0433\u043a\u043c\u0442"
    "\u0410\u0412\u0421\u0415\u041d\u0406\u0408\u041a\u041c\u041e\u0420\u0405\u0422\u0425\u0423\u051a\u051c\u0474\u04c0"
    "\u03b1\u03bf\u03bd\u03c1\u03b9\u03ba\u03c4\u03c5\u03b3\u03c9\u03c7"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u0585\u0578\u057d\u0570\u0581\u0131\u0251\u0261\u0269\u0299\u026a\u0280\u029f\u0262\u1d00\u1d04\u1d05\u1d07\u1d0f\u1d18\u1d1b\u1d1c",
    "acdehijlopqsvwxyrkmtABCEHIJKMOPSTXYQWVlaovpiktuywxABEZHIKMNOPTYXonuhgiagibirlgacdeoptu",
)
_IGNORED = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff]"
)
_SPACED = re.compile(r"(?<!\w)[^\W\d_](?:([ .*_-])[^\W\d_](?:\1[^\W\d_])+)(?!\w)")
_MAY_BE_SPACED = re.compile(r"[ .*_-]\w[ .*_-]\w[ .*_-]")  # five times as fast, and part of every run of four
_MIN_SPACED = 4
# What may be a disguise: letters of those scripts, letters in circles, small capitals, and what lies in the blocks of compatibility forms.
_MAY_DISGUISE = re.compile(
    "[\u0131\u0251\u0261\u0269\u0299-\u029f\u0370-\u058f\u1d00-\u1d7f\u2100-\u214f\u2460-\u24ff\uff01-\uff5e\U0001d400-\U0001d7ff]"
)


def folded(text: str) -> str:
    """The text in lower case, with compatibility forms normalised and without invisible characters."""
    return text.casefold() if text.isascii() else unicodedata.normalize("NFKC", _IGNORED.sub("", text)).casefold()


def undisguised(text: str) -> str:
    """The same with letters that look alike as Latin ones, and spaced letters joined: another text only where there are any."""
    if not text.isascii():
        text = _IGNORED.sub("", text)
        if _MAY_DISGUISE.search(text):
            text = unicodedata.normalize("NFKC", text).translate(_ALIKE)
    return folded(_SPACED.sub(_joined, text) if _MAY_BE_SPACED.search(text) else text)


def squeezed(text: str) -> str:
    """The text without white space."""
    return "".join(text.split())


def _joined(run: re.Match[str]) -> str:
    letters = run.group().replace(run.group(1), "")
    return letters if len(letters) >= _MIN_SPACED else run.group()
