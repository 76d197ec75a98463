"""The ready wording as evidence, and the whole check of a wording, measured in Chromium where that is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.campaigns.lint import chromium, lint, merged
from bot.campaigns.lint.model import Context, Finding, Severity
from bot.campaigns.lint.read import rendered
from storage.records import ChannelKind, Notice
from templates import campaign

NAME = "campaign/reconsent"


@dataclass(frozen=True, slots=True)
class Draft:
    """A wording to check, in one language, for each way it is sent; "" where there is none."""

    subject: str = ""
    text: str = ""
    html: str = ""
    sms: str = ""
    chat: str = ""


def notice_of(language: str, now: datetime) -> Notice:
    """The ready wording's exact words by their own hash; the version is how that hash begins."""
    text = campaign.words(language)
    version = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Notice(hashlib.sha256("\n".join((NAME, version, language, text)).encode()).hexdigest(), NAME, version,
                  language, text, now)


def check(draft: Draft, context: Context, *, browser: str | None) -> Sequence[Finding]:
    """Every finding of every form. `browser`: path of Chromium, None: looks are worked out, and a note says so."""
    found: list[Finding] = []
    if draft.html or draft.text:
        found += _mail(draft, replace(context, channel=ChannelKind.EMAIL), browser)
    for channel, text in ((ChannelKind.SMS, draft.sms), (ChannelKind.CHAT, draft.chat)):
        if text:
            found += lint(rendered(replace(context, channel=channel), text=text))
    return merged(found)


def _mail(draft: Draft, context: Context, browser: str | None) -> list[Finding]:
    views = chromium.measured(draft.html, browser) if draft.html and browser is not None else None
    if views is not None:
        return [finding for width, nodes in views.items() for finding in lint(rendered(
            context, subject=draft.subject, text=draft.text, html=draft.html, nodes=nodes, screen=width))]
    found = lint(rendered(context, subject=draft.subject, text=draft.text, html=draft.html))
    if not draft.html:
        return found
    return [Finding("DP00", "static" if browser is None else "unmeasured", "HTML", Severity.NOTE), *found]
