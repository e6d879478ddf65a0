"""Tabs: each panel is read under the name of its tab, since all of them are read, and what they show may differ by that name alone.

Names are found as ARIA ties them (`aria-labelledby`, `aria-controls`), by a link to the panel, or by their order.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from resiliparse.parse.html import DOMNode, ElementNode, HTMLTree, NodeType

MAX_NAME_CHARACTERS = 80
"""A longer tab is a card."""

MAX_NODES = 100
"""Nodes of a tab or a panel in which text is looked for."""

_SLIDE = re.compile(r"(?:[^\W\d]+ )?\d+(?: ?(?:of|/|von|de) ?\d+)?", re.IGNORECASE)
"""What a tab is called that shows a slide."""

_SELECTOR = '[role="tab"],[role="tabpanel"]'


def may_occur(html: str) -> bool:
    """Whether a page may have tabs."""
    return "tabpanel" in html


def name_panels(tree: HTMLTree) -> None:
    """Put the name of its tab, in bold, before the text of each panel that does not begin with it."""
    nodes = list(tree.body.query_selector_all(_SELECTOR).values()) if tree.body else []
    tied = {target: node for node in nodes if _is_tab(node) for target in _targets(node)}
    for tabs, panels in _groups(nodes):
        in_order: Sequence[ElementNode | None] = tabs if len(tabs) == len(panels) else [None] * len(panels)
        for tab, panel in zip(in_order, panels, strict=True):
            known = (tied.get(panel.id or ""), tied.get(panel.getattr("aria-labelledby") or ""), tab)
            _name(tree, panel, next((_text(one) for one in known if one), ""))


def _is_tab(node: ElementNode) -> bool:
    return node.getattr("role") == "tab"


def _targets(tab: ElementNode) -> Iterator[str]:
    """What a panel may be called that belongs to a tab: its own id, and the id that the panel names as its label."""
    link = tab.getattr("href") or ""
    found = (tab.getattr("aria-controls"), link[1:] if link.startswith("#") else "", tab.id)
    yield from (name for name in found if name)


def _groups(nodes: Iterable[ElementNode]) -> Iterator[tuple[list[ElementNode], list[ElementNode]]]:
    """Tabs, and the panels that follow them."""
    tabs: list[ElementNode] = []
    for is_tab, run in itertools.groupby(nodes, key=_is_tab):
        if is_tab:
            tabs = list(run)
        else:
            yield tabs, list(run)


def _name(tree: HTMLTree, panel: ElementNode, name: str) -> None:
    shown = _text(panel)
    is_name = 0 < len(name) <= MAX_NAME_CHARACTERS and not _SLIDE.fullmatch(name)
    if not is_name or not shown or shown.casefold().startswith(name.casefold()):
        return
    title = tree.create_element("p")
    if isinstance(title, ElementNode) and panel.first_child:
        title.class_name, title.text = "title", name
        panel.insert_before(title, panel.first_child)


def _text(element: ElementNode) -> str:
    """The text of the first MAX_NODES nodes of an element, on one line."""
    pending: list[DOMNode] = [element]
    parts: list[str] = []
    for _ in range(MAX_NODES):
        if not pending:
            break
        node = pending.pop()
        if node.type == NodeType.TEXT:
            parts.append(node.value or "")
        elif isinstance(node, ElementNode):
            pending += reversed(list(itertools.islice(node.child_nodes or (), MAX_NODES)))
    return " ".join("".join(parts).split())
