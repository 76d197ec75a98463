"""DP04: nothing is chosen beforehand; silence is no, and the message says so (recital 32; Planet49; R223-1 II)."""

from __future__ import annotations

from collections.abc import Iterator

from bot.campaigns.lint import words
from bot.campaigns.lint.model import Finding, Polarity, Rendered

ID = "DP04"


def check(message: Rendered) -> Iterator[Finding]:
    """No box ticked for yes, no sentence that takes silence for one, and in each part the sentence that it is no."""
    language = message.context.language
    for control in message.controls:
        ticked = "checked" in control.attrs or control.attrs.get("aria-checked", "").lower() == "true"
        if ticked and control.polarity is not Polarity.NO:
            yield Finding(ID, "chosen_before", repr(control.text))
    if any(node.tag == "option" and "selected" in node.attrs and node.attrs.get("value") for node in message.nodes):
        yield Finding(ID, "chosen_before", "<option selected>")
    found = words.find(message.everything, language, "silence_yes")
    if found:
        yield Finding(ID, "silence_is_yes", repr(found))
    for name, text in message.parts:
        if not words.find(text, language, "silence_no"):
            yield Finding(ID, "silence_unsaid", name)
