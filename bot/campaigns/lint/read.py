"""From subject, text and HTML to what the rules look at."""

from __future__ import annotations

from collections.abc import Sequence

from bot.campaigns.lint import controls, static, words
from bot.campaigns.lint.colour import contrast
from bot.campaigns.lint.model import Context, Node, Rendered
from bot.campaigns.lint.static import UNSEEN

READABLE = 9.0  # pixels: smaller words are as good as hidden
VISIBLE = 1.6  # contrast: below it nobody sees them


def rendered(context: Context, *, subject: str = "", text: str = "", html: str = "",
             nodes: Sequence[Node] | None = None, screen: int = 0) -> Rendered:
    """The message as it is shown. `nodes`: as a browser measured them at `screen` pixels; else worked out here."""
    shown = controls.page(tuple(nodes) if nodes is not None else static.looks(html))
    found = controls.controls(shown, context.language)
    paired = controls.choices(shown, found)
    visible, hidden = _words(shown.nodes)
    answers = [each for pair in paired for each in (pair.yes, pair.no) if each is not None]
    before = min((each.words_before for each in answers), default=0) if html else words.count(text)
    return Rendered(context=context, subject=subject.strip(), text=text, shown=visible, hidden=hidden,
                    nodes=shown.nodes, controls=found, choices=paired, words_before=before, screen=screen)


def _words(nodes: tuple[Node, ...]) -> tuple[str, str]:
    """Words that can be read, and words that are there but cannot."""
    visible: list[str] = []
    hidden: list[str] = []
    for node in nodes:
        if node.tag == "#text" and not (node.parent >= 0 and nodes[node.parent].tag in UNSEEN):
            (visible if _readable(node) else hidden).append(" ".join(node.text.split()))
    return "\n".join(visible), "\n".join(hidden)


def _readable(node: Node) -> bool:
    look = node.look
    behind = look.background
    return look.shown and look.font >= READABLE and (behind is None or contrast(look.colour, behind) >= VISIBLE)
