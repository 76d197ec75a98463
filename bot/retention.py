"""The retention table carried out: what would go, then, batch by batch, taking it out, each time with its event.

An event says which row of the table took what from which file, and holds no personal data. A batch is a transaction:
what is cut off halfway is whole as far as it went, and the next run does the rest.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.policy.retention import Kept, Otherwise, proof_row, table
from bot.settings import Settings
from storage.chain import GENESIS
from storage.dossier_records import Kind, Over, ProofLeft
from storage.records import ALL, Capacity, ConsentEvent, ConsentStatus, EventTag, Handle
from storage.unit_of_work import UnitOfWork, UnitOfWorkFactory

BATCH = 200
PAGE = 1000  # closed files looked at together
NOBODY = "nobody"  # the party of an event about rows that belong to no file
NOES = (ConsentStatus.WITHDRAWN, ConsentStatus.REFUSED, ConsentStatus.REVOKED)
KINDS: Mapping[str, Kind] = {
    "file": Kind.FILE, "message": Kind.MESSAGE, "proof_message": Kind.PROOF_MESSAGE, "letter": Kind.LETTER,
    "rights_request": Kind.REQUEST, "call_attempt": Kind.CALL}

Stopping = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Due:
    """One row of the table with how much is over, and since when the oldest is."""

    row: Kept
    count: int = 0
    oldest: datetime | None = None


def kept(settings: Settings) -> tuple[Kept, ...]:
    """The table as the operator has it. Raises OperatorError."""
    return table({name: Otherwise(row.duration, row.reason) for name, row in settings.retention.rows.items()})


def due(uow: UnitOfWork, rows: Sequence[Kept], now: datetime) -> list[Due]:
    """What would go, row by row; rows that take nothing out are there with none."""
    over = _proofs_over(uow, rows, now)
    return [_due(uow, row, over, now) for row in rows]


def _due(uow: UnitOfWork, row: Kept, over: Mapping[str, Sequence[datetime]], now: datetime) -> Due:
    if row.id in KINDS:
        return Due(row, *uow.retention.count(KINDS[row.id], row.before(now)))
    found = over.get(row.id, ())
    return Due(row, len(found), min(found, default=None))


def carry_out(store: UnitOfWorkFactory, rows: Sequence[Kept], now: datetime, *, files: bool = True,
              stopping: Stopping = lambda: False, told: Callable[[int], object] = lambda done: None
              ) -> Mapping[str, int]:
    """Take out all that is over; how many by row, of rows that took out any. `files`: those of the delete pile, too."""
    done: Counter[str] = Counter()
    for row in rows:
        kind = KINDS.get(row.id)
        if kind is None or (kind is Kind.FILE and not files):
            continue
        while not stopping():
            with store() as uow:
                found = uow.retention.some(kind, row.before(now), BATCH)
                _take_out(uow, kind, row, found, now)
                uow.commit()
            done[row.id] += len(found)
            told(done.total())
            if len(found) < BATCH:
                break
    _end_proofs(store, rows, now, done, stopping)
    return {name: count for name, count in done.items() if count}


def _take_out(uow: UnitOfWork, kind: Kind, row: Kept, found: Sequence[Over], now: datetime) -> None:
    if kind is Kind.FILE:
        for each in found:
            _close(uow, each, row, now)
    elif kind in (Kind.MESSAGE, Kind.PROOF_MESSAGE):
        for each in found:
            uow.erasures.scrub(each.name, now)
            for party_id, capacity in uow.retention.resting(each.about):
                uow.ledger.append(_event(party_id, capacity, row, now, 1, each.about))
    else:
        uow.retention.drop(kind, [each.name for each in found])
    _append_counts(uow, kind, row, found, now)


def _append_counts(uow: UnitOfWork, kind: Kind, row: Kept, found: Sequence[Over], now: datetime) -> None:
    """One event for each party, or one for all rows that belong to none."""
    if kind is Kind.REQUEST:
        of = Counter(each.about or NOBODY for each in found)
    elif kind in (Kind.LETTER, Kind.CALL, Kind.MESSAGE):
        of = Counter({NOBODY: len(found)} if found else {})
    else:
        return
    for party_id, count in of.items():
        party = uow.parties.get(party_id)
        uow.ledger.append(_event(party_id, party.capacity if party else Capacity.CONSUMER, row, now, count))


def _close(uow: UnitOfWork, over: Over, row: Kept, now: datetime) -> None:
    """The file goes; a no that was in it is in the suppression list before it does (GDPR 17(3)(b), 21(3))."""
    handles = uow.parties.handles(over.name)
    for purpose, channel, at in _noes(uow, over.name, now):
        for handle in handles:
            _suppress(uow, handle, purpose, channel, at)
    proof = bool(uow.ledger.by_party(over.name))
    gone = uow.retention.close(over.name)
    uow.ledger.append(_event(over.name, Capacity(over.about), row, now, 1))
    if gone["party"] and not proof:
        uow.ledger.destroy_key(over.name)  # made for this event: nothing was ever sealed


def _noes(uow: UnitOfWork, party_id: str, now: datetime) -> Iterable[tuple[str, str, datetime]]:
    """From the ledger, and from what the audit read in a file: its date is not known better than as of now."""
    for state in uow.ledger.states(party_id):
        if state.status in NOES:
            yield state.purpose, state.channel, state.since
    for said in uow.audits.of(party_id):
        if said.reasons[:1] == ("file-says-no",):
            yield said.purpose, said.channel, now


def _suppress(uow: UnitOfWork, handle: Handle, purpose: str, channel: str, at: datetime) -> None:
    known = [entry for entry in uow.suppression.find(handle) if not entry["provisional"]
             and (entry["purpose"], entry["channel"]) == (purpose, channel)]
    if not known:
        uow.suppression.add(handle, str(EventTag.DELETE), at, channel=channel, purpose=purpose)


def _proofs_over(uow: UnitOfWork, rows: Sequence[Kept], now: datetime) -> Mapping[str, Sequence[datetime]]:
    """By row: since when the proof of each closed file has been over."""
    over: defaultdict[str, list[datetime]] = defaultdict(list)
    after = ""
    while page := uow.retention.proofs(after, PAGE):
        after = page[-1].party_id
        for left in page:
            row, newest = proof_end(left, rows, now)
            if row is not None and left.party_id != NOBODY:
                over[row].append(newest)
    return over


def proof_end(left: ProofLeft, rows: Sequence[Kept], now: datetime) -> tuple[str | None, datetime]:
    """The row that keeps a closed file's proof the longest, and its newest entry; None while it is still kept.

    The deletion itself is no use of a consent, unless there is evidence that nothing else dates.
    """
    kept_by = {row.id: row for row in rows if row.does == "proof"}
    found = [(proof_row(channel, regime), at) for tag, channel, regime, at in left.entries
             if tag is not EventTag.DELETE or left.evidence]
    newest = max(at for *_, at in left.entries)
    if any(at >= kept_by[name].before(now) for name, at in found):
        return None, newest
    longest = max((name for name, _ in found), key=lambda name: now - kept_by[name].before(now),
                  default="consent_proof")
    return longest, newest


def _end_proofs(store: UnitOfWorkFactory, rows: Sequence[Kept], now: datetime, done: Counter[str],
                stopping: Stopping) -> None:
    by_name, after = {row.id: row for row in rows}, ""
    while not stopping():
        with store() as uow:
            page = uow.retention.proofs(after, BATCH)
            if not page:
                return
            after = page[-1].party_id
            for left in page:
                name, _ = proof_end(left, rows, now)
                if name is not None and left.party_id != NOBODY:
                    uow.retention.end_proof(left.party_id)
                    uow.ledger.append(_event(left.party_id, left.capacity, by_name[name], now, 1))
                    uow.ledger.destroy_key(left.party_id)
                    done[name] += 1
            uow.commit()


def _event(party_id: str, capacity: Capacity, row: Kept, now: datetime, count: int, source: str = GENESIS
           ) -> ConsentEvent:
    return ConsentEvent(
        EventTag.DELETE, party_id, capacity, ALL, ALL, ConsentStatus.UNKNOWN, ConsentStatus.UNKNOWN, now, "system",
        "GDPR-5-1-e", f"retention: {row.id} {count}", source)
