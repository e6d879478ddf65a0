"""Formulas as text: the TeX that the author wrote as `$...$`, else what a reader sees. Nothing of a formula is lost or shown twice.

MathML, and what MathJax, KaTeX and MediaWiki make of it, hold the same formula in several forms, of which some are hidden. Each is replaced
in the parsed page by one text before anything is removed from it.
"""

from __future__ import annotations

import itertools
import re

from resiliparse.parse.html import ElementNode, HTMLTree, Node, NodeType

from bubblenet.corpus.extraction.indices import joined

MAX_DEPTH = 60
"""Deeper MathML is read as plain text."""

_BOXES = (  # outer ones first
    ".katex-display,.mwe-math-element,mjx-container,.MathJax_Display,.MathJax_SVG_Display",
    ".katex,.MathJax,.MathJax_SVG,.MathJax_CHTML",
    "math,mml\\:math,m\\:math",
)
_IMAGES = "img.latex,img.tex,img.math,.math img,img[src*='latex.codecogs'],img[class*='mwe-math-fallback'],img.formulaInl,img.formulaDsp"
_RENDERED = re.compile(r"\b(?:MathJax|MJX)")
_ANNOTATION = "annotation[encoding*='tex'],annotation[encoding*='TeX'],annotation[encoding*='latex']"
_ATTRIBUTES = ("alttext", "data-latex", "data-tex", "data-math")
_WRAPPED = (
    re.compile(r"\{\\(?:display|text|script)style\b\s*(.*)\}", re.DOTALL),
    re.compile(r"\$\$?(.+?)\$\$?", re.DOTALL),
    re.compile(r"\\[(\[](.*)\\[)\]]", re.DOTALL),
)
_DISPLAYED = ("katex-display", "MathJax_Display", "MathJax_SVG_Display")
_INVISIBLE = re.compile("[\u2061-\u2064\u200b]")
_TOKENS = frozenset(("mi", "mn", "mo", "mtext", "ms"))
_UNSEEN = frozenset(("annotation", "annotation-xml", "mphantom"))


def may_occur(body: str) -> bool:
    """Whether a serialised body may hold formulas."""
    is_named = "math" in body and any(mark in body for mark in ("<math", "<script", ":math", "-math", 'math"', "mathnormal"))
    return is_named or "latex" in body or 'class="formula' in body


def write_out(tree: HTMLTree) -> None:
    """Replace every formula of a page by its text."""
    if tree.body is None:
        return
    for script in tree.body.query_selector_all("script[type^='math/']").values():
        _replace_script(tree, script)
    for selector in _BOXES:
        boxes = iter(tree.body.query_selector_all(selector).values())
        for box in boxes:
            inner = len(box.query_selector_all(selector).values())
            _replace(tree, box, _formula(box))
            next(itertools.islice(boxes, inner, inner), None)  # these went with it
    for image in tree.body.query_selector_all(_IMAGES).values():
        _replace(tree, image, _as_tex(image.getattr("alt") or "", is_displayed=image.class_name == "formulaDsp"))


def _replace_script(tree: HTMLTree, script: ElementNode) -> None:
    """A script of MathJax 2 is the source; what was made of it stands before."""
    source, kind = script.text or "", script.getattr("type") or ""
    while (before := script.previous_element_sibling) and _RENDERED.search(before.class_name or ""):
        before.decompose()
    text = _of_markup(source) if kind.startswith("math/mml") else _as_tex(source, is_displayed="mode=display" in kind)
    _replace(tree, script, text)


def _replace(tree: HTMLTree, node: ElementNode, text: str) -> None:
    new = tree.create_text_node(text) if text else None
    if new and node.parent:
        node.parent.replace_child(new, node)


def _formula(box: ElementNode) -> str:
    """The text of a box with a formula, empty if none can be told."""
    is_displayed = box.getattr("display") in ("block", "true") or any(name in (box.class_name or "") for name in _DISPLAYED)
    if tex := _tex(box):
        return _as_tex(tex, is_displayed=is_displayed or _holds_displayed(box))
    if markup := box.getattr("data-mathml"):
        return _of_markup(markup)
    math = box if _local(box) == "math" else box.query_selector("math")
    if math:
        return " ".join(_shown(math).split())
    return " ".join((box.text or box.getattr("aria-label") or "").split())


def _of_markup(markup: str) -> str:
    body = HTMLTree.parse(markup).body
    math = body.query_selector("math") if body else None
    return _formula(math) if math else ""


def _tex(box: ElementNode) -> str:
    """What the author wrote: the annotation, or an attribute of the box or of the MathML in it."""
    if annotation := box.query_selector(_ANNOTATION):
        return annotation.text or ""
    inner = (box, box.query_selector("math"), box.query_selector("[data-latex]"))
    return next((value for node in inner if node for name in _ATTRIBUTES if (value := node.getattr(name))), "")


def _holds_displayed(box: ElementNode) -> bool:
    return box.query_selector("math[display='block']") is not None


def _as_tex(source: str, *, is_displayed: bool) -> str:
    source = " ".join(source.split())
    for pattern in _WRAPPED:
        if wrapped := pattern.fullmatch(source):
            source = wrapped[1].strip()
    mark = "$$" if is_displayed else "$"
    return f"{mark}{source}{mark}" if source else ""


def _shown(node: Node, depth: int = 0) -> str:
    """MathML as a line of text."""
    if node.type == NodeType.TEXT:
        return _INVISIBLE.sub("", node.value or "").strip()
    if not isinstance(node, ElementNode) or (tag := _local(node)) in _UNSEEN:
        return ""
    if tag in _TOKENS or depth > MAX_DEPTH:
        return _INVISIBLE.sub("", " ".join((node.text or "").split()))
    parts = [_shown(child, depth + 1) for child in (node.child_nodes or ())]
    return _laid_out(tag, [part for part in parts if part])


def _laid_out(tag: str, parts: list[str]) -> str:
    match tag, parts:
        case (("msup" | "mover"), [base, power]):
            return joined(_grouped(base), "^", power)
        case (("msub" | "munder"), [base, index]):
            return joined(_grouped(base), "_", index)
        case (("msubsup" | "munderover"), [base, index, power]):
            return joined(joined(_grouped(base), "_", index), "^", power)
        case "mfrac", [above, below]:
            return f"{_grouped(above)}/{_grouped(below)}"
        case "mroot", [base, root]:
            return f"{_grouped(base)}^(1/{root})"
        case "msqrt", _:
            return f"\u221a({''.join(parts)})"
    return _separator(tag).join(parts)


def _separator(tag: str) -> str:
    return {"mtable": "; ", "mtr": ", ", "mspace": " "}.get(tag, "")


def _grouped(text: str) -> str:
    """In brackets, if it is more than one number, word or group."""
    return text if re.fullmatch(r"[\w.,]+|\([^()]*\)|\W", text) else f"({text})"


def _local(node: ElementNode) -> str:
    return (node.tag or "").rpartition(":")[2]
