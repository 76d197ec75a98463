"""What a batch of contacts changes, given what the store knows of them. Pure: reads and writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import product
from typing import Any

from bot.importing import claims
from bot.importing.claims import NOES, REFUSALS, Effect
from bot.importing.contact import Claim, Contact, Refusal
from storage.import_records import Attached, Known, KnownFile, Stop
from storage.records import (
    ALL,
    Capacity,
    ConsentEvent,
    ConsentState,
    ConsentStatus,
    EventTag,
    Evidence,
    Handle,
    Party,
    Provenance,
    Relation,
    Source,
)

DATA = ("organisation", "language", "country", "region", "time_zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What holds for a whole file. `consents`: claims about known people count too, not only their noes."""

    id: str
    file_hash: str
    by: str
    at: datetime
    consents: bool
    again: bool = False  # the file was taken in before: its rows meet their own files
    country: str  # of contacts that have none
    new_id: Callable[[], str]
    regime: Callable[[str, str, Capacity], str]  # country, channel, capacity -> id of the row


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one row: new, updated, unchanged, merged, blocked or refused; `stays`: a no on file holds."""

    line: int
    what: str
    capacity: str = ""
    hint: str = ""
    stays: bool = False
    reason: str = ""


@dataclass(slots=True)
class Plan:
    """What is to be written for one batch."""

    parties: list[Party] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    attached: list[Attached] = field(default_factory=list)
    more: list[Attached] = field(default_factory=list)
    changed: dict[str, Party] = field(default_factory=dict)
    related: dict[str, Relation] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)
    kept: list[Evidence] = field(default_factory=list)
    replaced: list[Evidence] = field(default_factory=list)
    events: list[ConsentEvent] = field(default_factory=list)
    stops: list[tuple[Handle, str, str, datetime]] = field(default_factory=list)  # handle, channel, purpose, at
    invalid: list[Handle] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)  # of claims, by what became of them


@dataclass(slots=True)
class _File:
    """A file as it is after the rows so far."""

    party: Party
    relation: Relation
    ours: bool  # made by this very file: its claims are not news about somebody known
    new: bool
    states: dict[tuple[str, str], ConsentState]
    digests: set[str]
    claimed: set[tuple[str, str]] = field(default_factory=set)


class Planner:
    """Takes the contacts of one batch in their order; each sees what those before it have made."""

    def __init__(self, run: Run, known: Known, wordings: set[str]) -> None:
        """`wordings`: ids of the notices whose text is known."""
        self.plan, self._run, self._wordings = Plan(), run, wordings
        self._owners = {digest: list(owners) for digest, owners in known.files.items()}
        self._files = {party: _opened(file, run.id) for party, file in known.parties.items()}
        self._stops: dict[str, list[Stop]] = {digest: list(found) for digest, found in known.stops.items()}

    def refuse(self, refusal: Refusal) -> None:
        """A row that could not be read."""
        self.plan.outcomes.append(Outcome(refusal.line, "refused", reason=refusal.reason))

    def take(self, contact: Contact, digests: Sequence[str]) -> None:
        """One row; `digests` of its handles, in their order."""
        owners = [self._files[party] for party in self._owners.get(digests[0], ())]
        same = [file for file in owners if file.party.capacity is contact.capacity]
        stops = [stop for digest in digests for stop in self._stops.get(digest, ())]
        wrong = _mixes(contact, owners, same)
        if wrong:
            noes = [claim for claim in contact.claims if claim.status in REFUSALS]
            for file, claim in product(owners, noes):  # whoever it is: a no touches every file and is not lost
                self._claim(file, contact, claim, stops, digests)
            self.refuse(Refusal(contact.line, wrong + ("; its no is recorded on every one" if noes else "")))
            return
        if not same and any(_everything(stop) for stop in self._stops.get(digests[0], ())):
            self._tell(contact, "blocked", stays=True)
            return
        file = same[0] if same else self._open(contact, digests)
        changed = bool(same) and self._update(file, contact, digests)
        stays = bool(stops) or any(state.status in NOES for state in file.states.values())
        for claim in contact.claims:
            changed = self._claim(file, contact, claim, stops, digests) or changed
        known = "merged" if file.ours and not self._run.again else "updated" if changed else "unchanged"
        self._tell(contact, known if same else "new", stays=stays)

    def _tell(self, contact: Contact, what: str, *, stays: bool) -> None:
        reason = "; ".join(contact.notes)
        self.plan.outcomes.append(
            Outcome(contact.line, what, contact.capacity.value, contact.hint, stays, reason))

    def _open(self, contact: Contact, digests: Sequence[str]) -> _File:
        party = Party(self._run.new_id(), contact.capacity, contact.organisation, contact.language, contact.country,
                      contact.region, contact.time_zone)
        relation = Relation(party.id, contact.source or Source.UNKNOWN,
                            **contact.told)  # type: ignore[arg-type]
        file = _File(party, relation, ours=True, new=True, states={}, digests=set())
        self._files[party.id] = file
        self.plan.parties.append(party)
        self.plan.relations.append(relation)
        self._attach(file, contact, digests, self.plan.attached)
        return file

    def _attach(self, file: _File, contact: Contact, digests: Sequence[str], to: list[Attached]) -> bool:
        before = len(to)
        for handle, digest in zip(contact.handles, digests, strict=True):
            if digest not in file.digests:
                file.digests.add(digest)
                to.append(Attached(file.party.id, handle, digest))
                self._owners.setdefault(digest, []).append(file.party.id)
        return len(to) > before

    def _update(self, file: _File, contact: Contact, digests: Sequence[str]) -> bool:
        """What the row says replaces what is on file; what it does not say stays. The capacity never changes."""
        grown = self._attach(file, contact, digests, self.plan.more)
        told: dict[str, Any] = {name: value for name in DATA if (value := getattr(contact, name)) is not None}
        party = replace(file.party, **told) if told else file.party
        relation = _grown(file.relation, contact)
        if party != file.party:
            self.plan.changed[party.id] = file.party = party
            grown = True
        if relation != file.relation:
            self.plan.related[party.id] = file.relation = relation
            grown = True
        return grown

    def _claim(self, file: _File, contact: Contact, claim: Claim, stops: Sequence[Stop],
               digests: Sequence[str]) -> bool:
        """Whether it is recorded."""
        key = claim.purpose, claim.channel
        found = claims.worth(claim, file.relation.source, self._wordings, self._run.at)
        may_touch = file.ours or self._run.consents
        stopped = bool(stops or file.states) and claims.blocked(claim, file.states.values(), stops)
        did = claims.effect(claim, found, file.states.get(key), stopped=stopped, may_touch=may_touch)
        self.plan.counts[f"claims_{did}" if did is not Effect.RECORD else f"recorded_{found}"] += 1
        if found in REFUSALS and did is not Effect.OLDER:
            self._stop(contact, claim, digests)
        if did is Effect.LEFT:
            return False
        self._evidence(file, contact, claim, recorded=did is Effect.RECORD)
        if did is Effect.RECORD:
            self._record(file, contact, claim, found)
        return did is Effect.RECORD

    def _record(self, file: _File, contact: Contact, claim: Claim, found: ConsentStatus) -> None:
        before, run, party = file.states.get((claim.purpose, claim.channel)), self._run, file.party
        at, until = claim.at or run.at, claims.valid_until(claim, found)
        self.plan.events.append(ConsentEvent(
            EventTag.IMPORT, party.id, party.capacity, claim.purpose, claim.channel,
            before.status if before else ConsentStatus.UNKNOWN, found, at, run.by,
            run.regime(party.country or run.country, claim.channel, party.capacity), "import", run.file_hash,
            {"handle": contact.handles[0].value}, Provenance.IMPORTED, until,
            claim.notice if claim.notice in self._wordings else ""))
        file.states[claim.purpose, claim.channel] = ConsentState(party.id, claim.purpose, claim.channel, found, at, 0,
                                                                 until)
        if found is ConsentStatus.INVALIDATED:
            self.plan.invalid += [each for each in contact.handles if claim.channel in (each.kind, ALL)]

    def _stop(self, contact: Contact, claim: Claim, digests: Sequence[str]) -> None:
        """Suppress every handle of the row that is not yet, for what the no covers."""
        at = claim.at or self._run.at
        for handle, digest in zip(contact.handles, digests, strict=True):
            there = self._stops.setdefault(digest, [])
            if not any((stop.purpose, stop.channel, stop.provisional) == (claim.purpose, claim.channel, False)
                       for stop in there):
                there.append(Stop(claim.channel, claim.purpose, False, str(EventTag.IMPORT), at))
                self.plan.stops.append((handle, claim.channel, claim.purpose, at))

    def _evidence(self, file: _File, contact: Contact, claim: Claim, *, recorded: bool) -> None:
        key = claim.purpose, claim.channel
        made = Evidence(file.party.id, *key, claim.status, claim.at, claim.method, claim.notice, claim.proof,
                        self._run.id, contact.line)
        if file.new and key not in file.claimed:
            self.plan.evidence.append(made)
        else:
            (self.plan.replaced if recorded else self.plan.kept).append(made)
        file.claimed.add(key)


def _opened(known: KnownFile, run_id: str) -> _File:
    return _File(known.party, known.relation or Relation(known.party.id), ours=known.made_by == run_id, new=False,
                 states=dict(known.states), digests=set(known.digests))


def _everything(stop: Stop) -> bool:
    return (stop.purpose, stop.channel, stop.provisional) == (ALL, ALL, False)


def _mixes(contact: Contact, owners: Sequence[_File], same: Sequence[_File]) -> str:
    """Why the row would mix two capacities, or two people; "" when it does not."""
    if len(same) > 1:
        return (f"{len(same)} {contact.capacity} files have its {contact.handles[0].kind}: give another contact point "
                "that only one has, or merge them (consentry party merge)")
    if same or not owners or contact.stated:
        return ""
    other = owners[0].party
    company = " of an organisation" if other.organisation else ""
    return (f"its {contact.handles[0].kind} is on file as {other.capacity}{company}, and the mapping says "
            f"{contact.capacity} of every row: if the person is both, say so in a capacity column and a second file is "
            f"opened; if not, import the row with capacity {other.capacity}")


def _grown(relation: Relation, contact: Contact) -> Relation:
    """What was between us and them, with what the row tells; the last contact and sale only ever move on."""
    told: dict[str, Any] = dict(contact.told)
    for name in ("last_contact_at", "last_sale_at"):
        before = getattr(relation, name)
        if name in told and before is not None:
            told[name] = max(before, told[name])
    if contact.source is not None:
        told["source"] = contact.source
    return replace(relation, **told) if told else relation


def tally(outcomes: Sequence[Outcome]) -> Mapping[str, int]:
    """Rows by what became of them; `stay_blocked`: those whom a no on file keeps blocked; `partly`: with notes."""
    counts: Counter[str] = Counter(each.what for each in outcomes)
    counts["stay_blocked"] = sum(each.stays for each in outcomes)
    counts["partly"] = sum(bool(each.reason) and each.what != "refused" for each in outcomes)
    counts["hint_professional"] = sum(each.hint == "generic" and each.capacity == Capacity.CONSUMER
                                      for each in outcomes)
    counts["hint_consumer"] = sum(each.hint == "free_mail" and each.capacity == Capacity.PROFESSIONAL
                                  for each in outcomes)
    return counts
