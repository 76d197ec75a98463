"""DP14: a link scanner that follows every link records no yes: the link opens a page, its button answers (RFC 8058)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.campaigns.lint.model import Finding, Polarity, Rendered

ID = "DP14"
RECORDS = re.compile(r"(?:[/?&=_-])(?:confirm|accept|optin|opt-in|subscribe|agree|grant|consent)(?:$|[/?&=_-])"
                     r"|[?&](?:answer|yes|ok|choice)=", re.I)


def check(message: Rendered) -> Iterator[Finding]:
    """Nothing in the message itself can answer yes without a person's second act."""
    for control in message.controls:
        if control.polarity is not Polarity.YES:
            continue
        scheme = control.href.split(":")[0].lower() if ":" in control.href else ""
        if scheme == "http" or scheme in ("javascript", "data", "vbscript"):
            yield Finding(ID, "scheme", control.href[:80])
        if control.kind == "link" and RECORDS.search(control.href[:2_000]):
            yield Finding(ID, "records", control.href[:80])
        if control.kind == "button" and control.method != "post":
            yield Finding(ID, "get", repr(control.text))
    for node in message.nodes:
        if node.tag == "script" or any(name.startswith("on") for name in node.attrs):
            yield Finding(ID, "script", f"<{node.tag}>")
        if node.tag == "meta" and node.attrs.get("http-equiv", "").lower() == "refresh":
            yield Finding(ID, "script", "<meta refresh>")
        if node.tag == "link" and re.search(r"prefetch|prerender|preload", node.attrs.get("rel", ""), re.I):
            yield Finding(ID, "script", "<link rel=prefetch>")
