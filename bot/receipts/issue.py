"""From the store to what the person is given: reads, never writes."""

from __future__ import annotations

import json
import uuid
from datetime import datetime

from pydantic import BaseModel

from bot.receipts.record import Facts, File
from bot.settings import Settings
from storage.unit_of_work import UnitOfWork


def as_text(made: BaseModel) -> str:
    """As JSON, without what is not known."""
    return json.dumps(made.model_dump(mode="json", exclude_none=True), ensure_ascii=False, indent=2) + "\n"


def facts_of(settings: Settings) -> Facts:
    """What the settings say of the processing."""
    controller, record = settings.controller, settings.record
    return Facts(controller.name, record.address, controller.contact, settings.mail.address,
                 record.url or None, record.privacy_url or None,
                 controller.languages[0], controller.country, tuple(record.storage_locations), record.retention,
                 tuple(record.recipients))


def file_of(party_id: str, uow: UnitOfWork) -> File | None:
    """The party's file with the notices it names; None when nobody has that id (any more)."""
    party = uow.parties.get(party_id)
    if party is None:
        return None
    entries = uow.ledger.by_party(party_id)
    named = dict.fromkeys(entry.event.notice for entry in entries if entry.event.notice)
    found = {each: uow.notices.get(each) for each in named}
    return File(party, entries, {each: notice for each, notice in found.items() if notice is not None})


def receipt_id(file: File, at: datetime) -> str:
    """A UUID for what the file says now: asked twice in a day, it is the same receipt."""
    last = file.entries[-1].hash if file.entries else "nothing"
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"consentry:{file.party.id}:{last}:{at.date().isoformat()}"))
