"""HTML as a flat tree of nodes, in linear time, whatever is wrong with it."""

from __future__ import annotations

import contextlib
from collections.abc import Set
from html.parser import HTMLParser

from bot.campaigns.lint.model import Node

MAX_NODES = 20_000
MAX_DEPTH = 200
MAX_VALUE = 4_000  # characters of an attribute
VOID = frozenset(("br", "hr", "img", "meta", "link", "input", "col", "area", "base", "wbr", "source", "embed", "param",
                  "track"))
CLOSES = {"li": {"li"}, "p": {"p"}, "tr": {"tr", "td", "th"}, "td": {"td", "th"}, "th": {"td", "th"},
          "option": {"option"}}
SCOPES = frozenset(("table", "ul", "ol", "select", "div", "body"))  # an implied end tag looks no further


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.nodes: list[Node] = []
        self.open: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len(self.nodes) >= MAX_NODES:
            return
        self._imply_end(tag)
        values = {name[:100]: (value or "")[:MAX_VALUE] for name, value in reversed(attrs)}  # the first one counts
        self.nodes.append(Node(tag, self.open[-1] if self.open else -1, values))
        if tag not in VOID and len(self.open) < MAX_DEPTH:
            self.open.append(len(self.nodes) - 1)

    def _imply_end(self, tag: str) -> None:
        closed: Set[str] = CLOSES.get(tag, frozenset())
        for depth in range(len(self.open) - 1, -1, -1):
            name = self.nodes[self.open[depth]].tag
            if name in closed:
                del self.open[depth:]
            elif name in SCOPES:
                return

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self.open) - 1, -1, -1):
            if self.nodes[self.open[depth]].tag == tag:
                del self.open[depth:]
                return

    def handle_data(self, data: str) -> None:
        if data.strip() and len(self.nodes) < MAX_NODES:
            self.nodes.append(Node("#text", self.open[-1] if self.open else -1, text=data))


def parse(html: str) -> tuple[Node, ...]:
    """Elements and text of HTML, without looks; parents come before children."""
    reader = _Reader()
    with contextlib.suppress(AssertionError, ValueError):
        reader.feed(html)
        reader.close()
    return tuple(reader.nodes)


def children(nodes: tuple[Node, ...]) -> list[list[int]]:
    """The children of each node, by index."""
    below: list[list[int]] = [[] for _ in nodes]
    for index, node in enumerate(nodes):
        if node.parent >= 0:
            below[node.parent].append(index)
    return below
