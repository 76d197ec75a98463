"""What an import asks and writes, the same in every store."""

import sqlite3
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from bot.clock import new_id
from storage import appending, chain
from storage.appending import FIELDS, Tail
from storage.chain import AESGCM
from storage.errors import StorageError
from storage.import_records import Attached, ImportRun, Known
from storage.records import (
    ALL,
    Capacity,
    ChannelKind,
    ConsentEvent,
    ConsentStatus,
    EventTag,
    Evidence,
    Handle,
    Party,
    Provenance,
    Relation,
    Source,
)
from storage.seen import Seen
from storage.store import Store
from storage.verify import verify_ledger
from tests.contract.conftest import ANNA, NOW, AnyStore, event

RUN = ImportRun("r1", "a" * 64, "contacts.csv", 0, {}, NOW, "ann")
BERT = Handle(ChannelKind.PHONE, "+33612345678")
PARTY = Party("p1", Capacity.CONSUMER, None, "fr", "FR", "67", "Europe/Paris")
RELATION = Relation("p1", Source.PERSON, NOW, True, False, NOW, None, None, NOW)
CLAIM = Evidence("p1", "newsletter", "email", ConsentStatus.GIVEN, NOW, "box", "b" * 64, "form 7", "r1", 2)


def filled(store: AnyStore) -> tuple[str, str]:
    with store.unit_of_work() as uow:
        digests = uow.imports.digest(ANNA), uow.imports.digest(BERT)
        uow.imports.save(RUN)
        uow.imports.add([PARTY], [RELATION], [Attached("p1", ANNA, digests[0]), Attached("p1", BERT, digests[1])], "r1")
        uow.imports.claim([CLAIM], [], [])
        uow.ledger.append_many([event(party="p1")])
        uow.suppression.add(ANNA, "consent:import", NOW, channel=ALL, purpose=ALL)
        uow.commit()
    return digests


def test_what_was_taken_in_is_known_by_its_digest(store: AnyStore) -> None:
    anna, bert = filled(store)
    with store.reader() as uow:
        known = uow.imports.known([anna, "0" * 64])
        assert known.files == {anna: ("p1",)}
        file = known.parties["p1"]
        assert (file.party, file.relation, file.made_by) == (PARTY, RELATION, "r1")
        assert file.states[ALL, ALL].status is ConsentStatus.WITHDRAWN
        assert file.digests == {anna}
        stop, = known.stops[anna]
        assert (stop.purpose, stop.channel, stop.provisional, stop.at) == (ALL, ALL, False, NOW)
        assert uow.imports.known([bert]).stops == {}
        assert uow.imports.known([]) == Known()
        assert uow.parties.by_handle(ANNA) == [PARTY]
        assert uow.parties.handles("p1") == [ANNA, BERT]


def test_a_party_of_another_way_is_found_too(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        uow.parties.add(PARTY, ANNA)
        uow.commit()
    with store.reader() as uow:
        digest = uow.imports.digest(ANNA)
        file = uow.imports.known([digest]).parties["p1"]
        assert (file.party, file.relation, file.made_by) == (PARTY, None, None)


def test_a_run_says_how_far_it_is(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        assert uow.imports.run(RUN.file_hash) is None
        uow.imports.save(RUN)
        uow.imports.save(replace(RUN, line=7, counts={"new": 6}, finished_at=NOW + timedelta(hours=1)))
        uow.commit()
    with store.reader() as uow:
        found = uow.imports.run(RUN.file_hash)
    assert found == replace(RUN, line=7, counts={"new": 6}, finished_at=NOW + timedelta(hours=1))


def test_nothing_stays_of_a_unit_that_is_not_committed(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        uow.imports.save(RUN)
        uow.imports.add([PARTY], [RELATION], [Attached("p1", ANNA, uow.imports.digest(ANNA))], "r1")
        uow.ledger.append_many([event(party="p1")])
    with store.reader() as uow:
        assert uow.imports.run(RUN.file_hash) is None
        assert uow.parties.by_handle(ANNA) == []
        assert uow.ledger.entries() == []


def test_a_file_is_made_once(store: AnyStore) -> None:
    filled(store)
    with store.unit_of_work() as uow, \
            pytest.raises((StorageError, sqlite3.IntegrityError, psycopg.errors.UniqueViolation)):
        uow.imports.add([PARTY], [], [], "r1")


def test_an_update_never_changes_the_capacity(store: AnyStore) -> None:
    anna, _ = filled(store)
    other = Handle(ChannelKind.EMAIL, "a2@example.org")
    with store.unit_of_work() as uow:
        uow.imports.update([replace(PARTY, language="en", capacity=Capacity.PROFESSIONAL)],
                           [replace(RELATION, at_sale=False)])
        for _ in range(2):
            uow.imports.attach([Attached("p1", other, uow.imports.digest(other))])
        uow.commit()
    with store.reader() as uow:
        file = uow.imports.known([anna]).parties["p1"]
        assert file.party == replace(PARTY, language="en")
        assert file.relation == replace(RELATION, at_sale=False)
        assert file.made_by == "r1"
        assert other in uow.parties.handles("p1")


def test_many_entries_are_one_chain_with_single_ones(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        uow.ledger.append(event(party="a"))
        uow.ledger.append_many([event(party=name, purpose=purpose) for name in "abc" for purpose in ("x", "y", "x")])
        uow.ledger.append(event(party="b", status=ConsentStatus.GIVEN, purpose="x"))
        assert uow.ledger.append_many([]) == 0
        uow.commit()
    with store.unit_of_work() as uow:
        uow.ledger.append_many([event(party="a", status=ConsentStatus.REFUSED, purpose="y")])
        uow.commit()
    with store.reader() as uow:
        assert verify_ledger(uow.ledger).ok
        assert len(uow.ledger.entries()) == 12
        assert {state.purpose: state.status for state in uow.ledger.states("a")} == {
            ALL: "withdrawn", "x": "withdrawn", "y": "refused"}
        assert all(entry.event.personal for name in "abc" for entry in uow.ledger.by_party(name))


def test_handles_of_an_older_version_get_their_digest(sql_store: Store) -> None:
    with sql_store.unit_of_work() as uow:
        uow.parties.add(PARTY, ANNA)
        uow.parties.add(PARTY, BERT)
        uow.commit()
    with sql_store.engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE handle SET digest = NULL"))
    with sql_store.reader() as uow:
        assert uow.imports.known([uow.imports.digest(ANNA)]) == Known()
    sql_store.migrate()
    with sql_store.reader() as uow:
        assert uow.imports.known([uow.imports.digest(ANNA)]).files
        assert uow.imports.known([uow.imports.digest(BERT)]).files


def test_a_handle_is_taken_from_a_party(store: AnyStore) -> None:
    filled(store)
    with store.unit_of_work() as uow:
        uow.parties.detach("p1", BERT)
        uow.commit()
    with store.reader() as uow:
        assert uow.parties.handles("p1") == [ANNA]


WORDS = st.text(max_size=20)
EVENTS = st.builds(
    ConsentEvent, st.sampled_from(EventTag), st.sampled_from(["a", "é\u2028\"", "b"]), st.sampled_from(Capacity), WORDS,
    WORDS, st.sampled_from(ConsentStatus), st.sampled_from(ConsentStatus),
    st.datetimes(timezones=st.timezones()), WORDS, WORDS, WORDS, WORDS,
    st.dictionaries(WORDS, WORDS, max_size=3), st.sampled_from(Provenance),
    st.none() | st.datetimes(timezones=st.timezones()), WORDS)


@given(st.lists(EVENTS, max_size=5))
@settings(deadline=None)
def test_many_at_once_hash_as_one_by_one(events: list[ConsentEvent]) -> None:
    key = b"k" * 32
    ciphers = {each.party_id: AESGCM(key) for each in events}
    rows, tail = appending.link_many(Tail(41, "0" * 64), events, ciphers, NOW, new_id)
    previous = "0" * 64
    for number, (row, each) in enumerate(zip(rows, events, strict=True)):
        made = dict(zip(FIELDS, row, strict=True))
        assert made["hash"] == chain.entry_hash(42 + number, made["id"], each, made["sealed"], NOW, previous)
        assert chain.unseal(key, made["sealed"]) == dict(each.personal)
        previous = made["hash"]
    assert tail == Tail(41 + len(events), previous)


def test_seen_tells_what_came_before() -> None:
    with Seen() as seen:
        assert seen.add(["a", "b", "a"]) == [False, False, True]
        assert seen.add(["b", "c"]) == [True, False]

