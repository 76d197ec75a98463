"""Looks worked out from inline CSS and HTML attributes, for want of a browser. What cannot be told counts against."""

from __future__ import annotations

from dataclasses import replace

from bot.campaigns.lint import colour, css
from bot.campaigns.lint.model import RGB, Look, Node
from bot.campaigns.lint.tree import children, parse

PAGE = 600.0  # pixels a mail is laid out at
CHARACTER = 0.5  # width of a character, in parts of its font's size
LINE = 1.2
LINK: RGB = (0.0, 0.0, 238.0)  # of a link that nobody gave a colour
UNSEEN = frozenset(("head", "style", "script", "title", "template", "noscript", "meta", "link"))
SIZES = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "small": 0.833, "big": 1.2, "sub": 0.833, "sup": 0.833}
BOLD = frozenset(("b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"))
BUTTONS = frozenset(("button", "input"))
BLOCKS = frozenset(("html", "body", "div", "p", "table", "tbody", "thead", "tr", "td", "th", "form", "ul", "ol", "li",
                    "section", "main", "header", "footer", "fieldset", "blockquote", "center", "h1", "h2", "h3"))


def looks(html: str) -> tuple[Node, ...]:
    """The nodes of HTML with the looks that its inline styles give them."""
    nodes = parse(html)
    cells = [sum(nodes[each].tag in ("td", "th") for each in inside) for inside in children(nodes)]
    words = _lengths(nodes)
    done: list[Node] = []
    for index, node in enumerate(nodes):
        above = done[node.parent].look if node.parent >= 0 else Look(width=PAGE)
        if node.tag == "#text":
            done.append(replace(node, look=above))
        else:
            beside = max(cells[node.parent], 1) if node.parent >= 0 else 1
            done.append(replace(node, look=_look(node, above, words[index], beside)))
    return tuple(done)


def _lengths(nodes: tuple[Node, ...]) -> list[int]:
    """Characters inside each node."""
    found = [len(" ".join(node.text.split())) or len(node.attrs.get("value", "")) for node in nodes]
    for index in range(len(nodes) - 1, -1, -1):
        if nodes[index].parent >= 0:
            found[nodes[index].parent] += found[index]
    return found


def _look(node: Node, above: Look, characters: int, cells: int) -> Look:
    style, attrs = css.declarations(node.attrs.get("style", "")), node.attrs
    font = _font(node, style, above.font)
    weight = css.weight(style.get("font-weight", ""), 700 if node.tag in BOLD else above.weight)
    if "bold" in style.get("font", "").split():
        weight = 700
    background = _background(node, style, above.background)
    padding = css.padding(style, font, above.width)
    if node.tag in BUTTONS and padding == (0.0, 0.0):
        padding = (12.0, 2.0)
    width = _width(node, style, above, font, characters * CHARACTER * font + padding[0], cells)
    lines = max(1.0, -(-characters * CHARACTER * font // max(width - padding[0], 1.0)))
    height = css.length(style.get("height") or attrs.get("height", ""), font) or lines * LINE * font + padding[1]
    return Look(font=font, weight=weight, colour=_colour(node, style, above, background), background=background,
                padding=padding, width=width, height=height, shown=above.shown and _shown(node, style, font),
                capitals=style.get("text-transform", "uppercase" if above.capitals else "") == "uppercase")


def _font(node: Node, style: dict[str, str], parent: float) -> float:
    size = parent * SIZES.get(node.tag, 1.0)
    if node.tag == "font":
        size = css.FONT_TAG.get(node.attrs.get("size", ""), size)
    if node.tag in BUTTONS:
        size = 13.333
    short = next((word.split("/")[0] for word in style.get("font", "").split() if word[:1].isdigit()
                  and not word.isdigit()), "")
    return css.font_size(style.get("font-size") or short, parent) if style.get("font-size") or short else size


def _background(node: Node, style: dict[str, str], behind: RGB | None) -> RGB | None:
    if node.attrs.get("background"):
        return None
    default = "#efefef" if node.tag in BUTTONS else ""
    painted = css.fill(style, node.attrs.get("bgcolor", default))
    if painted is None:
        return None
    if painted[1] >= 1:
        return painted[0]
    return colour.over(*painted, behind) if behind is not None else None


def _colour(node: Node, style: dict[str, str], above: Look, background: RGB | None) -> RGB:
    named = style.get("color") or (node.attrs.get("color", "") if node.tag == "font" else "")
    link = node.tag == "a" and "href" in node.attrs and named != "inherit"
    found = colour.parse(named) if named else None
    ink = colour.over(*found, background or above.colour) if found else LINK if link else above.colour
    opacity = css.length(style.get("opacity", "1"), 16.0)
    return colour.over(ink, min(max(opacity, 0.0), 1.0), background) if opacity is not None and background else ink


def _width(node: Node, style: dict[str, str], above: Look, font: float, own: float, cells: int) -> float:
    inside = max(above.width - above.padding[0], 0.0)
    given = css.length(style.get("width") or node.attrs.get("width", ""), font, inside)
    if given is not None and given > 0:
        return given + (css.padding(style, font, inside)[0] if style.get("box-sizing") == "content-box" else 0.0)
    if node.tag in ("td", "th"):
        return inside / cells
    block = style.get("display", "block" if node.tag in BLOCKS else "inline")
    return inside if block in ("block", "table", "flex", "list-item", "table-row", "grid") else min(own, inside)


def _placed(style: dict[str, str]) -> bool:
    """Whether it is put where only a browser can tell, or drawn so."""
    indent = css.length(style.get("text-indent", "0"), 16.0) or 0.0
    return style.get("position") in ("absolute", "fixed") or indent < -100 or any(
        style.get(name, "none") != "none" for name in ("transform", "clip-path", "clip", "filter", "zoom", "mask"))


def _shown(node: Node, style: dict[str, str], font: float) -> bool:
    opacity = css.length(style.get("opacity", "1"), 16.0)
    return not (node.tag in UNSEEN or "hidden" in node.attrs or style.get("display") == "none" or font < 1
                or style.get("visibility") in ("hidden", "collapse") or opacity == 0 or _placed(style)
                or style.get("mso-hide") == "all" or style.get("max-height") in ("0", "0px")
                or (node.tag == "input" and node.attrs.get("type", "").lower() == "hidden"))
