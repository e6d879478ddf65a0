"""Text that no reader sees, as far as the style of its own element tells: without size or colour, in the colour of its ground, or off the
screen.

What is folded away (`display: none`, `hidden`) is not meant here: answers of an accordion are, and programs in tabs. Style sheets are not
read; text that one of them hides stays, and the rules of quality look at it.
"""

from __future__ import annotations

import re

from resiliparse.parse.html import ElementNode, HTMLTree

_MAY_OCCUR = re.compile(
    r"style=\"[^\"]*(?:font-size *: *[01](?:\.\d*)?(?:px|pt|em|rem|%)? *[;!\"]|color *:|(?:left|top|text-indent) *: *-\d{3})", re.IGNORECASE
)
_SIZE = re.compile(r"(?:0+(?:\.0*)?[a-z%]*|0?\.\d+(?:px|pt)|1px)")
_FAR = re.compile(r"-\d{4,}(?:\.\d*)?(?:px|em|rem|pt)?|-\d{3,}(?:em|rem|%|vw|vh)")
_TRANSPARENT = re.compile(r"transparent|(?:rgba|hsla)\(.*[,/]0?\.?0*%?\)|#[0-9a-f]{6}00|#[0-9a-f]{3}0")
_NAMED = {"white": "ffffff", "black": "000000"}
_CHANNELS = re.compile(r"rgba?\((\d{1,3}),(\d{1,3}),(\d{1,3})(?:,1(?:\.0*)?)?\)")
_HEXADECIMAL = re.compile("[0-9a-f]{6}")
_MAX_ABOVE = 50


def may_occur(body: str) -> bool:
    """Whether a serialised body may hold such text."""
    return "style=" in body and _MAY_OCCUR.search(body) is not None


def remove(tree: HTMLTree) -> bool:
    """Take it out of the parsed page; return whether there was any."""
    styled = list(tree.body.query_selector_all("[style]").values()) if tree.body else []
    unseen = [element for element in styled if _is_unseen(element)]
    for element in reversed(unseen):  # inner ones first
        element.decompose()
    return bool(unseen)


def _is_unseen(element: ElementNode) -> bool:
    style = _declarations(element)
    if style.get("position") in ("absolute", "fixed") and any(_FAR.fullmatch(style.get(side, "")) for side in ("left", "top")):
        return True
    if _FAR.fullmatch(style.get("text-indent", "")):
        return True
    is_small = _SIZE.fullmatch(style.get("font-size", "")) is not None
    if not (is_small or _has_no_contrast(element, style)):
        return False
    return element.query_selector("[style],[class],[id],font,a") is None  # which may look otherwise


def _has_no_contrast(element: ElementNode, style: dict[str, str]) -> bool:
    """Whether its text has no colour, or the one that its own style or that of an element around gives the ground."""
    colour = style.get("color", "")
    if not colour or _TRANSPARENT.fullmatch(colour):
        return bool(colour) and "-webkit-background-clip" not in style and "background-clip" not in style
    around: ElementNode | None = element
    for _ in range(_MAX_ABOVE):
        if around is None:
            return False
        if ground := _ground(around):
            return _rgb(colour) != "" and _rgb(ground) == _rgb(colour)
        if around is not element and around.class_name:
            return False  # a style sheet may give it a ground
        around = around.parent_element
    return False


def _ground(element: ElementNode) -> str:
    style = _declarations(element)
    return style.get("background-color") or style.get("background") or (element.getattr("bgcolor") or "").strip().lower()


def _declarations(element: ElementNode) -> dict[str, str]:
    """The declarations of its style, in lower case and without spaces and `!important`."""
    found = {}
    for declaration in (element.getattr("style") or "").lower().split(";"):
        name, _, value = declaration.partition(":")
        found[name.strip()] = "".join(value.replace("!important", "").split())
    return found


def _rgb(colour: str) -> str:
    """Six hexadecimal digits of a colour; empty for another notation."""
    if channels := _CHANNELS.fullmatch(colour):
        return "".join(f"{int(value):02x}" for value in channels.groups())
    digits = _NAMED.get(colour, colour.removeprefix("#"))
    full = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    return full if _HEXADECIMAL.fullmatch(full) else ""
