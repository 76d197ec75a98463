"""Noes from a file: whoever is in it is suppressed, known or not; what is known of them says no from now on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from bot import contact_points
from bot.contact_points import NotAContactPoint
from bot.importing.claims import REFUSALS
from bot.importing.lines import Line, every, header, rows
from bot.importing.sidefile import SideFile
from bot.importing.source import Source
from storage.import_records import Known
from storage.records import (
    Capacity,
    ChannelKind,
    ConsentEvent,
    ConsentStatus,
    EventTag,
    Handle,
    Provenance,
)
from storage.unit_of_work import UnitOfWork, UnitOfWorkFactory

BATCH = 2000
HASH = re.compile(r"(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[0-9a-fA-F]{128})")
HASHED = ("it is a hash: it cannot be matched, for ours are made with this store's own key; give the address or number "
          "itself")


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be suppressed. `regime`: country, channel, capacity -> id of the row. `write`: False rehearses."""

    source: Source
    purpose: str
    channel: str
    country: str
    by: str
    at: datetime
    regime: Callable[[str, str, Capacity], str]
    write: bool


def take_in(order: Order, store: UnitOfWorkFactory, side: SideFile,
            progress: Callable[[int], object]) -> dict[str, int]:
    """Added, known, refused: contact points, and rows that have none. Raises OperatorError when it cannot be read."""
    counts = {"added": 0, "known": 0, "refused": 0}
    lines, seen = _lines(order.source), 0
    while batch := list(islice(lines, BATCH)):
        handles: dict[Handle, None] = {}
        for line in batch:
            found = _handles(line, order.country)
            if isinstance(found, str):
                if line.number > 1:  # the first may name the columns
                    counts["refused"] += 1
                    side.add((line.number, found, next(iter(line.cells), "")))
            else:
                handles |= dict.fromkeys(found)
        with store() as uow:
            added = _suppress(order, list(handles), uow)
            if order.write:
                side.flush()
                uow.commit()
        counts["added"] += added
        counts["known"] += len(handles) - added
        seen += len(batch)
        progress(seen)
    return counts


def _lines(source: Source) -> Iterator[Line]:
    return rows(source, header(source)) if source.kind == "jsonl" else every(source, "")


def _handles(line: Line, country: str) -> list[Handle] | str:
    """What the row's first contact point is, a number for calls and for SMS; else why there is none."""
    cells = [cell.strip() for cell in line.cells if cell.strip()]
    if line.fault or not cells:
        return line.fault or "the line is empty"
    if HASH.fullmatch(cells[0]):
        return HASHED
    reason = "it has neither an e-mail address nor a telephone number"
    for cell in cells:
        kinds = (ChannelKind.EMAIL,) if "@" in cell else (ChannelKind.PHONE, ChannelKind.SMS)
        try:
            return [contact_points.handle(kind, cell, country) for kind in kinds]
        except NotAContactPoint as error:
            reason = str(error) if "@" in cell else reason
    return reason


def _suppress(order: Order, handles: Sequence[Handle], uow: UnitOfWork) -> int:
    """How many were not suppressed for this purpose and channel before."""
    digests = [uow.imports.digest(handle) for handle in handles]
    known = uow.imports.known(digests)
    fresh = [(handle, digest) for handle, digest in zip(handles, digests, strict=True)
             if not any((stop.purpose, stop.channel, stop.provisional) == (order.purpose, order.channel, False)
                        for stop in known.stops.get(digest, ()))]
    uow.ledger.append_many(list(_events(order, handles, digests, known)))
    for handle, _ in fresh:
        uow.suppression.add(handle, str(EventTag.IMPORT), order.at, channel=order.channel, purpose=order.purpose)
    return len(fresh)


def _events(order: Order, handles: Sequence[Handle], digests: Sequence[str], known: Known) -> Iterator[ConsentEvent]:
    """A no on each file of each handle, both capacities, unless the file says it already."""
    said: set[str] = set()
    for handle, digest in zip(handles, digests, strict=True):
        for party_id in known.files.get(digest, ()):
            file = known.parties[party_id]
            current = file.states.get((order.purpose, order.channel))
            if party_id in said or (current is not None and current.status in REFUSALS):
                continue
            said.add(party_id)
            party = file.party
            yield ConsentEvent(
                EventTag.IMPORT, party.id, party.capacity, order.purpose, order.channel,
                current.status if current else ConsentStatus.UNKNOWN, ConsentStatus.WITHDRAWN, order.at, order.by,
                order.regime(party.country or order.country, order.channel, party.capacity), "import-suppressions",
                order.source.hash, {"handle": handle.value}, Provenance.IMPORTED)
