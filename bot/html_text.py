"""Words of an HTML body, in linear time: hidden text is dropped, what a client marks as quoted becomes `> ` lines."""

from __future__ import annotations

import contextlib
import re
from html.parser import HTMLParser

MAX_OPEN = 2_000  # nested elements remembered
SILENT = frozenset(("style", "script", "head", "title", "template"))
BLOCKS = frozenset(("br", "p", "div", "tr", "li", "blockquote", "table", "h1", "h2", "h3", "hr", "ul", "ol"))
VOID = frozenset(("br", "hr", "img", "meta", "link", "input", "col", "area", "base", "wbr", "source", "embed"))
HIDDEN = re.compile(r"display:none|visibility:hidden|mso-hide:all|font-size:0(?:px|pt|;|$)")
QUOTES = frozenset(("gmail_quote", "gmail_quote_container", "protonmail_quote", "yahoo_quoted", "moz-cite-prefix",
                    "gmail_attr"))
REST = frozenset(("appendonsend", "divrplyfwdmsg", "ms-outlook-mobile-reference-message"))  # quoted from here on
OUTLOOK_RULE = re.compile(r"border-top:solid#[0-9a-f]{6}1(?:\.0)?pt|border:none;border-top:solid")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.open: list[tuple[str, bool, bool]] = []  # tag, silent, quoted
        self.silent = self.quoted = 0
        self.rest = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: (value or "")[:2_000].lower() for name, value in attrs}
        style = "".join(values.get("style", "").split())
        names = {*values.get("class", "").split(), values.get("id", "").removeprefix("x_")}
        self.rest = self.rest or bool(names & REST) or bool(OUTLOOK_RULE.search(style))
        if tag not in VOID and len(self.open) < MAX_OPEN:
            self._push(tag, values, style, names)
        if tag in BLOCKS:
            self._line()

    def _push(self, tag: str, values: dict[str, str], style: str, names: set[str]) -> None:
        silent = tag in SILENT or "hidden" in values or bool(HIDDEN.search(style))
        quoted = tag == "blockquote" or bool(names & QUOTES)
        self.open.append((tag, silent, quoted))
        self.silent += silent
        self.quoted += quoted

    def handle_endtag(self, tag: str) -> None:
        if any(name == tag for name, _, _ in self.open[-50:]):  # a bounded look back keeps this linear
            while self.open:
                name, silent, quoted = self.open.pop()
                self.silent -= silent
                self.quoted -= quoted
                if name == tag:
                    break
        if tag in BLOCKS:
            self._line()

    def _line(self) -> None:
        self.out.append("\n> " if self.quoted or self.rest else "\n")

    def handle_data(self, data: str) -> None:
        if not self.silent and data:
            words = " ".join(data.split())
            self.out.append((" " if data[0].isspace() else "") + words + (" " if words and data[-1].isspace() else ""))


def html_to_text(html: str) -> str:
    """Readable text of HTML, whatever is wrong with it; quoted parts are lines that start with `> `."""
    reader = _Reader()
    with contextlib.suppress(AssertionError, ValueError):
        reader.feed(html)
        reader.close()
    lines = (line.strip() for line in "".join(reader.out).split("\n"))
    return "\n".join(line for line in lines if line and line != ">")
