"""Two files that are one person's, in one capacity, become one; every no of both survives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.errors import OperatorError
from bot.importing.claims import NOES, REFUSALS
from storage.records import (
    ALL,
    ConsentEvent,
    ConsentState,
    ConsentStatus,
    EventTag,
    Handle,
    Party,
    Provenance,
)
from storage.unit_of_work import UnitOfWork

TAGS = {ConsentStatus.REFUSED: EventTag.REFUSE, ConsentStatus.WITHDRAWN: EventTag.WITHDRAW,
        ConsentStatus.REVOKED: EventTag.REVOKE, ConsentStatus.EXPIRED: EventTag.EXPIRE,
        ConsentStatus.INVALIDATED: EventTag.INVALIDATE}


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge does: `into` gets the handles of `gone` and its noes; a yes of `gone` is not taken over."""

    into: Party
    gone: Party
    handles: tuple[Handle, ...]
    noes: tuple[ConsentState, ...]
    lost: tuple[ConsentState, ...]  # valid consents of `gone` that `into` does not have


def compare(into_id: str, gone_id: str, uow: UnitOfWork) -> Merged:
    """What would happen. Raises OperatorError."""
    into, gone = uow.parties.get(into_id), uow.parties.get(gone_id)
    if into is None or gone is None:
        raise OperatorError("One of the two is not on file: `consentry party show` lists ids.")
    if into.id == gone.id:
        raise OperatorError("These are the same file.")
    if into.capacity is not gone.capacity:
        raise OperatorError(f"One is a {into.capacity} file, the other a {gone.capacity} one: the two capacities of a "
                            "person are never mixed.")
    mine = {(state.purpose, state.channel): state for state in uow.ledger.states(into.id)}
    theirs = uow.ledger.states(gone.id)
    noes = tuple(state for state in theirs if state.status in NOES and _says_more(state, mine))
    lost = tuple(state for state in theirs
                 if state.status.valid and not _valid(mine.get((state.purpose, state.channel))))
    return Merged(into, gone, tuple(uow.parties.handles(gone.id)), noes, lost)


def merge(it: Merged, uow: UnitOfWork, by: str, at: datetime, regime: str) -> None:
    """Do it, in the caller's transaction."""
    mine = {(state.purpose, state.channel): state.status for state in uow.ledger.states(it.into.id)}
    handles = (*uow.parties.handles(it.into.id), *it.handles)
    for handle in it.handles:
        uow.parties.add(it.into, handle)
        uow.parties.detach(it.gone.id, handle)
    _event(uow, it.gone, EventTag.MERGE, ALL, ALL, ConsentStatus.UNKNOWN, ConsentStatus.UNKNOWN, by, at, regime,
           {"into": it.into.id})
    _event(uow, it.into, EventTag.MERGE, ALL, ALL, ConsentStatus.UNKNOWN, ConsentStatus.UNKNOWN, by, at, regime,
           {"from": it.gone.id})
    for no in it.noes:
        before = mine.get((no.purpose, no.channel), ConsentStatus.UNKNOWN)
        _event(uow, it.into, TAGS[no.status], no.purpose, no.channel, before, no.status, by, max(at, no.since), regime,
               {"from": it.gone.id})
    for handle in handles:  # a no said through one address now holds for all of them
        for state in uow.ledger.states(it.into.id):
            if state.status in REFUSALS:
                uow.suppression.add(handle, str(EventTag.MERGE), state.since, channel=state.channel,
                                    purpose=state.purpose)


def _says_more(no: ConsentState, mine: Mapping[tuple[str, str], ConsentState]) -> bool:
    """A no that the other file has already is not said again; a yes there does not stand against it."""
    known = mine.get((no.purpose, no.channel))
    return known is None or known.status not in (*REFUSALS, no.status)


def _valid(state: ConsentState | None) -> bool:
    return state is not None and state.status.valid


def _event(uow: UnitOfWork, party: Party, tag: EventTag, purpose: str, channel: str, before: ConsentStatus,
           after: ConsentStatus, by: str, at: datetime, regime: str, personal: Mapping[str, str]) -> None:
    uow.ledger.append(ConsentEvent(tag, party.id, party.capacity, purpose, channel, before, after, at, by, regime,
                                   "merge", "0" * 64, personal, Provenance.DECLARED))
