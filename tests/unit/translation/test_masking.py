"""What a translator must not touch is taken out, and put back byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bubblenet.translation.masking import MaskingError, mask, placeholder, unmasked_words

PROTECTED = {
    "How do I set `x = 1` in a file?": ["`x = 1`"],
    "Show /etc/fstab and ~/.bashrc, then ./run.sh.": ["/etc/fstab", "~/.bashrc", "./run.sh"],
    "Open C:\\Windows\\System32 first.": ["C:\\Windows\\System32"],
    "See https://www.debian.org/doc/?a=1&b=2, please.": ["https://www.debian.org/doc/?a=1&b=2"],
    "Write to bugs@lists.debian.org.": ["bugs@lists.debian.org"],
    "Set $HOME, ${PATH} and {name} and %(user)s.": ["$HOME", "${PATH}", "{name}", "%(user)s"],
    "Call apt-get with --yes or -y.": ["--yes", "-y"],
    "Call os.path.join() or my_name or myName or MyName.": ["os.path.join()", "my_name", "myName", "MyName"],
    "Edit sources.list with care.": ["sources.list"],
    "Keep 5 GB, 3.5 %, 10 ms and 2 minutes.": ["5 GB", "3.5 %", "10 ms"],
    "Install version 12.4-1 on 2026-11-27.": ["12.4-1"],
    'Choose "Graphical install" and \u201cNext\u201d.': ['"Graphical install"', "\u201cNext\u201d"],
    "It's John's idea, and don't forget.": [],
    "Install GNU/Linux and/or set netcfg/get_ip, grub-installer/with_other_os.": [
        "GNU/Linux",
        "/",
        "netcfg/get_ip",
        "grub-installer/with_other_os",
    ],
    "Use e.g. this, i.e. that.": [],
    "A * and a # and a \u27e61\u27e7.": ["*", "#", "\u27e6", "\u27e7"],
}


@pytest.mark.parametrize("text", PROTECTED)
def test_what_is_protected(text):
    assert list(mask(text).protected) == PROTECTED[text]


@given(st.text(st.sampled_from("ab 1.5GB/\\$`{}<>[]@^*#'\"\u27e6\u27e7\n-_=%:xyzK()~")))
def test_what_was_masked_comes_back(text):
    masked = mask(text)
    assert masked.restore(masked.text) == text
    assert not set("*#@^[]\\<>{}|~$/") & set(masked.text)


def test_a_translator_may_move_placeholders_and_put_spaces_in_them():
    masked = mask("Move `a` to `b`.")
    assert masked.restore("A \u27e6 2 \u27e7 mueve \u27e61\u27e7.") == "A `b` mueve `a`."


@pytest.mark.parametrize(
    ("translation", "reason"),
    [
        ("Mueve \u27e61\u27e7.", "lost_placeholder"),
        ("Mueve \u27e61\u27e7 a \u27e62\u27e7 y \u27e62\u27e7.", "doubled_placeholder"),
        ("Mueve \u27e61\u27e7 a \u27e62\u27e7 y \u27e67\u27e7.", "doubled_placeholder"),
    ],
)
def test_a_lost_or_doubled_placeholder_is_named(translation, reason):
    with pytest.raises(MaskingError) as caught:
        mask("Move `a` to `b`.").restore(translation)
    assert caught.value.reason == reason


def test_words_of_a_masked_text_are_those_a_translator_sees():
    assert unmasked_words(f"How d'you mount {placeholder(1)} twice?") == ["How", "d'you", "mount", "twice"]
