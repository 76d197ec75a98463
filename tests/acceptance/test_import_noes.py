"""No sequence of imports, merges, suppressions, erasures and grants of other things turns a no into a yes."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.clock import new_id
from bot.importing.contact import Claim, Contact
from bot.importing.plan import Planner, Run
from bot.merging import compare, merge
from bot.policy import consent
from storage.import_records import ImportRun
from storage.memory import MemoryStore
from storage.records import (
    ALL,
    Capacity,
    ChannelKind,
    ConsentEvent,
    ConsentStatus,
    EventTag,
    Handle,
    Source,
)
from storage.unit_of_work import UnitOfWork
from storage.verify import verify_ledger
from tests.harness.files import MAPPING, Desk

START = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE = [Handle(ChannelKind.EMAIL, f"{name}@example.org") for name in "ab"]
PHONES = [Handle(ChannelKind.SMS, f"+3361234567{number}") for number in range(2)]
SCOPES = [("newsletter", "email"), ("offers", "email"), ("newsletter", ALL), (ALL, ALL)]
DAYS = st.none() | st.integers(-900, 300)
CLAIMS = st.builds(
    lambda scope, status, day, method, proof: Claim(
        *scope, status, START + timedelta(days=day) if day is not None else None, method, "n" * 64, proof),
    st.sampled_from(SCOPES), st.sampled_from(ConsentStatus), DAYS, st.sampled_from(["box", "pre_ticked"]),
    st.sampled_from(["form 7", ""]))
CONTACTS = st.builds(
    lambda who, phone, capacity, stated, claims, source: Contact(
        2, (PEOPLE[who], *((PHONES[phone],) if phone is not None else ())), capacity, stated, None, None, "FR", None,
        None, source, {}, tuple(claims)),
    st.integers(0, 1), st.none() | st.integers(0, 1), st.sampled_from(Capacity), st.booleans(),
    st.lists(CLAIMS, max_size=3), st.none() | st.sampled_from(Source))
STEPS = st.one_of(
    st.tuples(st.just("import"), st.lists(CONTACTS, min_size=1, max_size=4), st.booleans()),
    st.tuples(st.just("stop"), st.integers(0, 1), st.sampled_from(SCOPES)),
    st.tuples(st.just("pause"), st.integers(0, 1), st.sampled_from(SCOPES)),
    st.tuples(st.just("merge"), st.integers(0, 3), st.integers(0, 3)),
    st.tuples(st.just("erase"), st.integers(0, 3)))


class World:
    """A store, and what was said no to: (handle, purpose, channel) that no step here may open again."""

    def __init__(self) -> None:
        self.ticks = itertools.count()
        self.now = START + timedelta(days=320)
        self.store = MemoryStore(b"s" * 32, lambda: self.now, new_id)
        self.shut: set[tuple[Handle, str, str]] = set()

    def step(self, kind: str, *given: object) -> None:
        self.now += timedelta(hours=1)
        with self.store.unit_of_work() as uow:
            getattr(self, kind.rstrip("_") + "_")(uow, *given)
            uow.commit()

    def import_(self, uow: UnitOfWork, contacts: list[Contact], consents: bool) -> None:
        run = Run(id=new_id(), file_hash=f"{next(self.ticks):064}", by="staff:x", at=self.now, consents=consents,
                  country="FR", new_id=new_id, regime=lambda country, channel, capacity: "FR-01")
        uow.imports.save(ImportRun(run.id, run.file_hash, "f", 0, {}, self.now, "x"))
        digests = [[uow.imports.digest(handle) for handle in contact.handles] for contact in contacts]
        planner = Planner(run, uow.imports.known([one for each in digests for one in each]), {"n" * 64})
        for contact, each in zip(contacts, digests, strict=True):
            planner.take(contact, each)
        plan = planner.plan
        uow.imports.add(plan.parties, plan.relations, plan.attached, run.id)
        uow.imports.attach(plan.more)
        uow.ledger.append_many(plan.events)
        uow.imports.claim(plan.evidence, plan.kept, plan.replaced)
        for handle, channel, purpose, at in plan.stops:
            uow.suppression.add(handle, "consent:import", at, channel=channel, purpose=purpose)

    def stop_(self, uow: UnitOfWork, who: int, scope: tuple[str, str]) -> None:
        """The person says no: on every file of the handle, whatever its capacity."""
        for party in uow.parties.by_handle(PEOPLE[who]):
            uow.ledger.append(ConsentEvent(EventTag.WITHDRAW, party.id, party.capacity, *scope, ConsentStatus.UNKNOWN,
                                           ConsentStatus.WITHDRAWN, self.now, "person", "FR-01", "stop", "0" * 64))
        uow.suppression.add(PEOPLE[who], "consent:withdraw", self.now, channel=scope[1], purpose=scope[0])
        self.shut.add((PEOPLE[who], *scope))

    def pause_(self, uow: UnitOfWork, who: int, scope: tuple[str, str]) -> None:
        uow.suppression.add(PEOPLE[who], "pause", self.now, channel=scope[1], purpose=scope[0], provisional=True)
        self.shut.add((PEOPLE[who], *scope))

    def merge_(self, uow: UnitOfWork, first: int, second: int) -> None:
        files = sorted({party.id for handle in PEOPLE for party in uow.parties.by_handle(handle)})
        if max(first, second) >= len(files) or first == second:
            return
        one, two = (uow.parties.get(files[place]) for place in (first, second))
        if one is not None and two is not None and one.capacity is two.capacity:
            merge(compare(one.id, two.id, uow), uow, "staff:x", self.now, "FR-01")

    def erase_(self, uow: UnitOfWork, place: int) -> None:
        files = sorted({party.id for handle in PEOPLE for party in uow.parties.by_handle(handle)})
        if place < len(files):
            uow.ledger.destroy_key(files[place])
            for handle in uow.parties.handles(files[place]):
                uow.parties.detach(files[place], handle)

    def check(self) -> None:
        with self.store.reader() as uow:
            assert verify_ledger(uow.ledger).ok
            for handle, purpose, channel in self.shut:
                for party in uow.parties.by_handle(handle):
                    for wanted, means in SCOPES[:2]:
                        if purpose in (wanted, ALL) and channel in (means, ALL):
                            states, stops = uow.ledger.states(party.id), uow.suppression.find(handle)
                            assert consent.said(states, stops, wanted, means).yes is None


@given(st.lists(STEPS, max_size=8))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_sequence_turns_a_no_into_a_yes(steps: list[tuple[Any, ...]]) -> None:
    world = World()
    for kind, *rest in steps:
        world.step(kind, *rest)
        world.check()


@given(st.lists(CONTACTS, min_size=1, max_size=6), st.booleans())
@settings(max_examples=200, deadline=None)
def test_the_same_rows_once_more_change_nothing(contacts: list[Contact], consents: bool) -> None:
    world, contacts = World(), [replace(contact, stated=True) for contact in contacts]
    world.step("import", contacts, consents)
    before = said(world)
    world.step("import", contacts, consents)
    assert said(world) == before


def said(world: World) -> list[tuple[str, str, str, ConsentStatus]]:
    with world.store.reader() as uow:
        return [(entry.event.party_id, entry.event.purpose, entry.event.channel, entry.event.status_after)
                for entry in uow.ledger.entries() if entry.event.status_after.valid
                or entry.event.status_after in (ConsentStatus.REFUSED, ConsentStatus.WITHDRAWN)]


def test_two_files_of_one_person_become_one_and_the_noes_of_both_survive(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.contacts(desk.csv("a@example.org,,fr,0,01/02/2024,,", "b@example.org,,fr,1,03/02/2024,box,form 7"))
    (one, _), (two, _) = desk.of(PEOPLE[0])[0], desk.of(PEOPLE[1])[0]
    rehearsed = desk.run("party", "merge", two.id, one.id, "--dry-run").output
    assert "its no to newsletter/email refused" in rehearsed
    assert desk.of(PEOPLE[0])[0][0].id == one.id
    assert "Merged." in desk.run("party", "merge", two.id, one.id, "--yes", "--by", "ann").output
    for handle in PEOPLE:
        (party, states), = desk.of(handle)
        assert party.id == two.id
        assert states["newsletter", "email"].status is ConsentStatus.REFUSED
    shown = desk.run("party", "show", f"email:{PEOPLE[0].value}").output
    assert "email:b@example.org" in shown
    assert "newsletter/email refused" in shown
    store = desk.store()
    with store.reader() as uow:
        assert uow.suppression.find(PEOPLE[1])
        assert [entry.event.tag for entry in uow.ledger.by_party(one.id)][-1] is EventTag.MERGE
        assert verify_ledger(uow.ledger).ok
    store.close()
    assert "on file" in desk.fails("party", "merge", two.id, "nobody", "--yes")
    assert "same file" in desk.fails("party", "merge", two.id, two.id, "--yes")


def test_two_capacities_are_not_merged(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.contacts(desk.csv("a@example.org,,,,,,"))
    desk.mapping.write_text(MAPPING.replace("consumer", "professional"))
    desk.contacts(desk.csv("b@example.org,,,,,,", name="b.csv"))
    (one, _), (two, _) = desk.of(PEOPLE[0])[0], desk.of(PEOPLE[1])[0]
    assert "never mixed" in desk.fails("party", "merge", one.id, two.id, "--yes")

