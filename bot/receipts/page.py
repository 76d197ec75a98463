"""The receipt as a page that a person reads and prints."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import templates
from bot import wording
from bot.receipts.issue import facts_of, receipt_id
from bot.receipts.record import File
from bot.settings import Settings
from storage.projection import rebuild


def page(file: File, settings: Settings, language: str, at: datetime, links: Mapping[str, str] | None = None) -> str:
    """HTML, whole in itself. `links`: where `jsonld` and `kantara` are, when it is shown by a server."""
    facts, controller = facts_of(settings), settings.controller
    lang = templates.page_language("receipt", language)
    return templates.page("receipt", lang, {
        "controller": facts.name, "contact": facts.contact, "email": facts.email,
        "made": wording.moment(at, lang, controller.country), "choices": _choices(file, lang, controller.country),
        "authority": controller.authority, "authority_url": controller.authority_url,
        "retention": wording.duration(facts.retention, lang), "locations": ", ".join(facts.storage_locations),
        "recipients": ", ".join(facts.recipients), "links": links, "receipt_id": receipt_id(file, at)})


def _choices(file: File, lang: str, country: str) -> list[dict[str, str | int]]:
    """What holds now, the newest first."""
    entries = {entry.sequence: entry for entry in file.entries}
    states = sorted(rebuild(file.entries).values(), key=lambda state: state.sequence, reverse=True)
    found: list[dict[str, str | int]] = []
    for state in states:
        entry = entries[state.sequence]
        notice = file.notices.get(entry.event.notice)
        found.append({
            "status": wording.STATUSES[lang][state.status], "purpose": wording.purposes([state.purpose], lang)[0],
            "channel": wording.channels([state.channel], lang)[0],
            "since": wording.moment(state.since, lang, country),
            "until": wording.day(state.valid_until, lang, country) if state.valid_until else "",
            "sequence": state.sequence, "hash": entry.hash, "words": notice.text if notice else ""})
    return found
