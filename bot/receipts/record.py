"""Consent records and receipts from the ledger's entries. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.receipts import schema, terms
from storage.records import ALL, LedgerEntry, Notice, Party, Provenance

SPACE = uuid.UUID("5c9e8a5e-7d0b-4a53-9f0f-0a6d4a3c2760")  # ours: the same consent has the same record id for ever
KNOWN_BY = {
    Provenance.WITNESSED: "the person's own message",
    Provenance.IMPORTED: "told later by an imported file",
    Provenance.DECLARED: "declared by staff",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the operator says of the processing."""

    name: str
    address: str
    contact: str  # in the controller's words
    email: str  # where a withdrawal can be written
    url: str | None
    privacy_url: str | None
    language: str
    country: str
    storage_locations: tuple[str, ...]
    retention: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class File:
    """One file of a person: entries in order, `personal` not needed; the notices that they name."""

    party: Party
    entries: Sequence[LedgerEntry]
    notices: Mapping[str, Notice]


def records(file: File, facts: Facts) -> list[schema.Record]:
    """One for each purpose and channel that any entry about consent names, in the order they were first named."""
    about = [entry for entry in file.entries if entry.event.tag.of_consent]
    keys = dict.fromkeys((entry.event.purpose, entry.event.channel) for entry in about)
    return [_record(file, facts, key, [entry for entry in about if _covers(entry, key)]) for key in keys]


def receipt(file: File, facts: Facts, *, receipt_id: str, at: datetime) -> schema.Receipt:
    """A copy of every record of the file; `receipt_id`: a UUID."""
    return schema.Receipt(context=dict(terms.CONTEXT), id=f"urn:uuid:{receipt_id}", identifier=receipt_id,
                          schema_version=terms.RECEIPT_PROFILE, created=at, records=tuple(records(file, facts)))


def _covers(entry: LedgerEntry, key: tuple[str, str]) -> bool:
    """Whether it says something of this purpose and channel: a no to all is part of each one's history."""
    purpose, channel = key
    return entry.event.purpose in (purpose, ALL) and entry.event.channel in (channel, ALL)


def _record(file: File, facts: Facts, key: tuple[str, str], entries: Sequence[LedgerEntry]) -> schema.Record:
    number = str(uuid.uuid5(SPACE, "/".join((file.party.id, *key))))
    return schema.Record(
        id=f"urn:uuid:{number}", identifier=number, schema_version=terms.RECORD_PROFILE,
        subject=schema.Subject(id=file.party.id), notices=tuple(_notices(file, facts, entries)),
        processes=(_process(facts, *key),), events=tuple(_event(entry) for entry in entries))


def _notices(file: File, facts: Facts, entries: Sequence[LedgerEntry]) -> Iterator[schema.NoticeShown]:
    """Those that were answered; without any, the privacy notice that holds for everybody."""
    ids = dict.fromkeys(entry.event.notice for entry in entries)
    known = [file.notices[each] for each in ids if each in file.notices]
    for notice in known:
        yield schema.NoticeShown(id=f"urn:sha256:{notice.id}", language=notice.language, date=notice.since,
                                 version=notice.version, text=notice.text)
    if not known:
        yield schema.NoticeShown(id=facts.privacy_url or f"mailto:{facts.email}", language=facts.language)


def _process(facts: Facts, purpose: str, channel: str) -> schema.Process:
    url = facts.url or None
    controller = schema.Controller(id=url or f"mailto:{facts.email}", name=facts.name,
                                   address=facts.address or facts.country, contact=facts.contact, url=url)
    return schema.Process(
        purpose=schema.Purpose(title=purpose), channel=channel, data=terms.DATA[channel], controller=controller,
        recipients=facts.recipients, basis=terms.LEGAL_BASIS, jurisdiction=f"loc:{facts.country}",
        storage=schema.Storage(duration=facts.retention, locations=facts.storage_locations), rights=terms.RIGHTS,
        control=schema.Control(source=f"mailto:{facts.email}"))


def _event(entry: LedgerEntry) -> schema.Event:
    event = entry.event
    until = event.valid_until
    return schema.Event(
        type=terms.STATUSES[event.status_after], time=event.occurred_at, entity=terms.indicated_by(event.actor),
        method=f"{KNOWN_BY[event.provenance]}, sha256:{event.source_hash}",
        duration=f"until {until.isoformat()}" if until else "until withdrawn", entry=entry.id,
        hash=f"sha256:{entry.hash}")
