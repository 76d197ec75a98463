"""DP16: answers have words, can be reached by keyboard, are large enough and differ by more than colour (WCAG 2.2)."""

from __future__ import annotations

from collections.abc import Iterator

from bot.campaigns.lint import words
from bot.campaigns.lint.model import Control, Finding, Rendered, Severity

ID = "DP16"
FONT = 12.0  # pixels
TARGET = 24.0  # pixels each way (2.5.8)


def check(message: Rendered) -> Iterator[Finding]:
    """Each answer, and the page's stated language (3.1.1)."""
    for pair in message.choices:
        for control in (pair.yes, pair.no):
            if control is not None:
                for reason, severity in _faults(control):
                    yield Finding(ID, reason, repr(control.text), severity)
        if pair.yes is not None and pair.no is not None and words.fold(pair.yes.text) == words.fold(pair.no.text):
            yield Finding(ID, "same_words", pair.where)
    for control in message.controls:
        if not control.text and not control.attrs.get("aria-label"):
            yield Finding(ID, "wordless", control.href[:80] or f"<{control.kind}>")
    root = next((node for node in message.nodes if node.tag == "html"), None)
    if message.nodes and (root is None or root.attrs.get("lang", "")[:2].lower() != message.context.language):
        yield Finding(ID, "lang", "<html lang>")


def _faults(control: Control) -> Iterator[tuple[str, Severity]]:
    reachable = control.kind == "link" or "type" in control.attrs or "onclick" not in control.attrs
    if not reachable or control.attrs.get("tabindex", "").startswith("-"):
        yield "keyboard", Severity.FAIL
    if "disabled" in control.attrs or control.attrs.get("aria-hidden", "").lower() == "true":
        yield "disabled", Severity.FAIL
    if control.look.font < FONT:
        yield "small", Severity.FAIL
    if control.kind != "box" and min(control.box.width, control.box.height) < TARGET:
        yield "target", Severity.FAIL
