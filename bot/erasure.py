"""Erasing a person (GDPR 17): what names them goes, what the law lets one keep stays sealed, and both are said.

The key that seals the personal data of their ledger entries is destroyed; the chain still verifies. Messages that a
consent, a refusal or a rights request rests on are archived under the store's key for a number of years (17(3)(b): the
duty to demonstrate, 7(1); 17(3)(e): legal claims); every other one goes. The suppression stays: it is an HMAC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from bot.errors import OperatorError
from bot.parse import parse
from storage.chain import GENESIS
from storage.records import (
    ALL,
    Capacity,
    ConsentEvent,
    ConsentStatus,
    EventTag,
    Handle,
    InboxItem,
    LedgerEntry,
    Provenance,
    RightsArticle,
    RightsRequest,
)
from storage.unit_of_work import UnitOfWork

NOES = (ConsentStatus.WITHDRAWN, ConsentStatus.REFUSED)
PROVEN = (EventTag.GRANT, EventTag.WITHDRAW, EventTag.REFUSE, EventTag.OBJECT)
LONGEST = 200  # characters of a reason
EVERY = 1_000_000  # rights requests looked at


@dataclass(frozen=True, slots=True)
class Order:
    """Whom to erase, why and by whom. `archive`: keep what the law lets one keep."""

    party_id: str
    reason: str
    by: str
    archive: bool = True
    years: int = 5  # of archiving: FR civil limitation, C. civ. 2224


@dataclass(frozen=True, slots=True)
class Erased:
    """What went and what stayed, in numbers. `already`: there was nothing left to erase."""

    party_id: str
    already: bool
    gone: Mapping[str, int]
    archived: int  # messages
    until: str  # when the archive ends
    suppressions: int
    entries: int
    elsewhere: int  # messages that stay because another file rests on them
    mentions: int  # messages of other people that name the address


def erase(order: Order, uow: UnitOfWork, now: datetime) -> Erased:
    """Do it in the caller's transaction; a dry run rolls back. Raises OperatorError: nothing is to be changed."""
    party, entries = uow.parties.get(order.party_id), uow.ledger.by_party(order.party_id)
    if party is None:
        if not any(entry.event.tag is EventTag.ERASE for entry in entries):
            raise OperatorError("There is no such party: give its id, or email:ADDRESS.")
        return Erased(order.party_id, True, {}, 0, "", 0, len(entries), 0, 0)
    handles = uow.parties.handles(order.party_id)
    own = [handle for handle in handles if len(uow.parties.by_handle(handle)) == 1]
    _check(order, handles, uow, own)
    requests = [each for each in uow.requests.list(EVERY) if each.party_id == order.party_id or each.handle in own]
    asked = _asked(requests, uow)
    theirs, mentions = _messages(entries, own, uow)
    until = _later(now, order.years)
    kept = _proofs(entries) | {item.content_hash for item in map(uow.inbox.get, _ids(requests)) if item is not None}
    cleared = [item for item in theirs if not uow.erasures.other_files(item.content_hash, order.party_id)]
    archived = _clear(cleared, kept if order.archive else frozenset(), order, until, uow, now)
    _suppress(order.party_id, own, requests, uow, now)
    uow.ledger.append(_event(order, party.capacity, asked, now))
    gone = {"message": len(cleared) - archived, "letter": sum(uow.erasures.letters(handle) for handle in own),
            "example": uow.erasures.examples([item.id for item in cleared]), "rights_request": len(requests)}
    for handle in own:
        uow.erasures.handle(handle)
    gone |= uow.erasures.file(order.party_id)
    uow.ledger.destroy_key(order.party_id)
    return Erased(order.party_id, False, gone, archived, until.date().isoformat(),
                  sum(len(uow.suppression.find(handle)) for handle in handles), len(entries) + 1,
                  len(theirs) - len(cleared), mentions)


def _check(order: Order, handles: Sequence[Handle], uow: UnitOfWork, own: Sequence[Handle]) -> None:
    """Nothing of the person may wait: a no could be in it. The reason stays for good. Raises OperatorError."""
    reason = order.reason.casefold()
    if not order.reason.strip() or not order.reason.isprintable() or len(order.reason) > LONGEST:
        raise OperatorError(f"Say why in at most {LONGEST} printable characters: --reason TEXT.")
    if "@" in reason or any(handle.value.casefold() in reason for handle in handles):
        raise OperatorError("The reason is kept for good in the ledger: leave names and addresses out of it.")
    if not order.by.strip() or not order.by.isprintable() or len(order.by) > 80:
        raise OperatorError("Say who decides in at most 80 printable characters: --by NAME.")
    waiting = [item_id for item_id in uow.erasures.undecided() if _is_from(uow.inbox.get(item_id), own)]
    if waiting:
        raise OperatorError(f"{len(waiting)} of their messages are not decided, and a no may be in them: decide first, "
                            f"see `consentry inbox show {waiting[0]}`.")
    unsent = sum(uow.erasures.unsent(handle) for handle in own)
    if unsent:
        raise OperatorError(f"{unsent} answers to this person are still to be sent: let `consentry run` do it first.")


def _is_from(item: InboxItem | None, own: Sequence[Handle]) -> bool:
    if item is None:
        return False
    return any(_theirs(item, handle) for handle in own) or (item.explanation is None and parse(item).sender in own)


def _theirs(item: InboxItem, handle: Handle) -> bool:
    """From them, or a report about what we sent them; not merely a message that names them."""
    told = item.explanation or {}
    named = (told.get("identity", {}).get("handle"), told.get("message", {}).get("from"))
    return handle.value in named or str(item.envelope.get("mail_from") or "").lower() == handle.value


def _messages(entries: Sequence[LedgerEntry], own: Sequence[Handle], uow: UnitOfWork) -> tuple[list[InboxItem], int]:
    """Those of the person, and how many of other people name an address of theirs."""
    found = {item.id: item for handle in own for item in uow.erasures.naming(handle)}
    theirs = {item.id: item for item in found.values() if any(_theirs(item, handle) for handle in own)}
    for digest in {entry.event.source_hash for entry in entries} - {GENESIS}:
        item = uow.inbox.by_hash(digest)
        if item is not None:
            theirs[item.id] = item
    return list(theirs.values()), len(found.keys() - theirs.keys())


def _proofs(entries: Sequence[LedgerEntry]) -> frozenset[str]:
    """Hashes of the messages that a consent or a refusal rests on."""
    return frozenset(entry.event.source_hash for entry in entries if entry.event.tag in PROVEN
                     and entry.event.provenance is Provenance.WITNESSED)


def _ids(requests: Sequence[RightsRequest]) -> list[str]:
    return [each.inbox_id for each in requests if each.inbox_id]


def _asked(requests: Sequence[RightsRequest], uow: UnitOfWork) -> str:
    """The hash of the message that asked for erasure; 64 zeros when none did."""
    ids = _ids([each for each in requests if each.article is RightsArticle.A17])
    item = uow.inbox.get(ids[-1]) if ids else None
    return item.content_hash if item is not None else GENESIS


def _clear(messages: Sequence[InboxItem], kept: Set[str], order: Order, until: datetime, uow: UnitOfWork,
           now: datetime) -> int:
    """Archive what is to be kept and scrub the rest; how many were archived."""
    for item in messages:
        if item.content_hash in kept:
            uow.erasures.archive(item.id, now, until, order.party_id)
        else:
            uow.erasures.scrub(item.id, now)
    return sum(item.content_hash in kept for item in messages)


def _suppress(party_id: str, own: Sequence[Handle], requests: Sequence[RightsRequest], uow: UnitOfWork,
              now: datetime) -> None:
    """A no outlives the file. Who asks to be erased, or objects, wants no marketing either (17(1)(b), 21(2)).

    An address that another file has too keeps the suppression it has: that file's choices are not this one's.
    """
    noes = [(state.purpose, state.channel, state.since) for state in uow.ledger.states(party_id)
            if state.status in NOES]
    if any(each.article in (RightsArticle.A17, RightsArticle.A21) for each in requests):
        noes.append((ALL, ALL, now))
    for handle in own:
        for purpose, channel, at in noes:
            uow.suppression.add(handle, str(EventTag.ERASE), at, channel=channel, purpose=purpose)


def _event(order: Order, capacity: Capacity, asked: str, now: datetime) -> ConsentEvent:
    return ConsentEvent(
        tag=EventTag.ERASE, party_id=order.party_id, capacity=capacity, purpose=ALL, channel=ALL,
        status_before=ConsentStatus.UNKNOWN, status_after=ConsentStatus.UNKNOWN, occurred_at=now,
        actor=f"staff:{order.by}", regime="GDPR-17", decision=f"erase: {order.reason}", source_hash=asked,
        provenance=Provenance.DECLARED if asked == GENESIS else Provenance.WITNESSED)


def _later(now: datetime, years: int) -> datetime:
    """The same day so many years on; 1 March for 29 February."""
    try:
        return now.replace(year=now.year + years)
    except ValueError:
        return now.replace(year=now.year + years, month=3, day=1)


def forget(uow: UnitOfWork, now: datetime) -> int:
    """Scrub archived messages whose time is over; each is an event. How many."""
    over = uow.erasures.overdue(now)
    for item_id, party_id, digest in over:
        uow.erasures.scrub(item_id, now)
        capacity = uow.ledger.by_party(party_id)[0].event.capacity
        uow.ledger.append(ConsentEvent(
            EventTag.DELETE, party_id, capacity, ALL, ALL, ConsentStatus.UNKNOWN, ConsentStatus.UNKNOWN, now, "system",
            "GDPR-5-1-e", "archive-over", digest))
    return len(over)
