"""The proof: chain, projection, sealing, the same in every store."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta, timezone

import psycopg
import pytest
from sqlalchemy import text

from storage import chain
from storage.errors import WrongKey
from storage.keys import Keys
from storage.projection import rebuild
from storage.records import ALL, Capacity, ConsentEvent, ConsentStatus, EventTag, LedgerEntry, Provenance
from storage.store import Store, open_store
from storage.verify import BATCH, Checkpoint, every, verify, verify_ledger
from tests.contract.conftest import ANNA, NOW, AnyStore, event


def written(store: AnyStore, count: int = 3) -> list[LedgerEntry]:
    with store.unit_of_work() as uow:
        for number in range(count):
            uow.ledger.append(event(party=f"p{number % 2}", at=NOW + timedelta(minutes=number)))
        uow.commit()
    with store.reader() as uow:
        return list(every(uow.ledger))


def test_what_is_appended_is_what_is_read(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        first, second = uow.ledger.append(event()), uow.ledger.append(event())
        uow.commit()
    with store.reader() as uow:
        read = uow.ledger.entries()
        assert uow.ledger.entries(1) == [read[1]]
        assert uow.ledger.entries(limit=1) == [read[0]]
        assert uow.ledger.by_party("p1") == [first, second]
        assert not uow.ledger.by_party("p2")
    assert [entry.hash for entry in read] == [first.hash, second.hash]
    assert read[0].event == replace(event(), personal={})
    assert (read[0].previous_hash, read[1].previous_hash) == (chain.GENESIS, first.hash)


def test_any_zone_hashes_as_the_same_instant(store: AnyStore) -> None:
    paris = NOW.astimezone(timezone(timedelta(hours=1)))
    with store.unit_of_work() as uow:
        uow.ledger.append(event(at=paris))
        uow.commit()
    with store.reader() as uow:
        assert verify_ledger(uow.ledger).ok
        assert uow.ledger.entries()[0].event.occurred_at == NOW


CHANGES: list[Callable[[LedgerEntry], LedgerEntry]] = [
    *(lambda entry, name=name, value=value: replace(entry, event=replace(entry.event, **{name: value}))
      for name, value in {
          "tag": EventTag.GRANT, "party_id": "p9", "capacity": Capacity.PROFESSIONAL, "purpose": "newsletter",
          "channel": "sms", "status_before": ConsentStatus.GIVEN, "status_after": ConsentStatus.GIVEN,
          "occurred_at": NOW - timedelta(microseconds=1), "actor": "staff:1", "regime": "DE-01", "decision": "other",
          "source_hash": "1" * 64, "provenance": Provenance.IMPORTED, "valid_until": NOW, "notice": "4" * 64,
      }.items()),
    *(lambda entry, name=name, value=value: replace(entry, **{name: value})
      for name, value in {
          "sequence": 7, "id": "x", "schema_version": 0, "sealed": b"x", "recorded_at": NOW,
          "previous_hash": "2" * 64, "hash": "3" * 64}.items()),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_in_any_column_shows(store: AnyStore, change: Callable[[LedgerEntry], LedgerEntry]) -> None:
    one, two, three = written(store)
    assert verify([one, two, three]).ok
    report = verify([one, change(two), three])
    assert not report.ok
    assert report.first_bad in (2, 7)
    assert report.head == Checkpoint(1, one.hash)


def test_every_column_is_among_the_changes() -> None:
    assert len(CHANGES) == len(ConsentEvent.__slots__) - 1 + len(LedgerEntry.__slots__) - 1  # personal, event


def test_a_gap_a_swap_and_a_new_beginning_show(store: AnyStore) -> None:
    one, two, three = written(store)
    assert verify([one, three]).first_bad == 3
    assert verify([two, three]).first_bad == 2
    assert verify([two, one, three]).first_bad == 2
    assert verify([one, two, two, three]).first_bad == 2
    assert verify([one, two]).ok, "a cut tail cannot show without a checkpoint"
    assert verify([one, two], Checkpoint(3, three.hash)).first_bad == 3
    assert verify([one, two, three], Checkpoint(2, three.hash)).first_bad == 2
    assert verify([one, two, three], Checkpoint(2, two.hash)).ok


def test_the_projection_is_the_last_event_of_each_key(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        uow.ledger.append(event(ConsentStatus.GIVEN, purpose="newsletter", channel="email"))
        uow.ledger.append(event(ConsentStatus.GIVEN, purpose="offers", channel="email"))
        last = uow.ledger.append(event(ConsentStatus.WITHDRAWN, purpose="newsletter", channel="email",
                                       at=NOW + timedelta(days=1)))
        states = uow.ledger.states("p1")
        uow.commit()
    assert [(state.purpose, state.status) for state in states] == [
        ("offers", ConsentStatus.GIVEN), ("newsletter", ConsentStatus.WITHDRAWN)]
    assert (states[1].since, states[1].sequence) == (NOW + timedelta(days=1), last.sequence)


def test_rebuilding_from_the_ledger_gives_the_projection(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        for number in range(60):
            uow.ledger.append(event(list(ConsentStatus)[number % 10], f"p{number % 7}", ("newsletter", ALL)[number % 2],
                                    ("email", "sms", ALL)[number % 3], NOW + timedelta(seconds=number)))
        uow.commit()
    with store.reader() as uow:
        rebuilt = rebuild(uow.ledger.entries())
        assert list(uow.ledger.projection()) == sorted(rebuilt.values(), key=lambda state: state.sequence)
        assert uow.ledger.projection(50, 2) == [each for each in uow.ledger.projection() if each.sequence > 50][:2]
        assert verify_ledger(uow.ledger).ok


def test_what_is_sealed_needs_its_key(store: AnyStore) -> None:
    written(store)
    with store.unit_of_work() as uow:
        assert uow.ledger.by_party("p0")[0].event.personal == {"handle": ANNA.value}
        assert ANNA.value.encode() not in b"".join(entry.sealed for entry in uow.ledger.entries())
        assert uow.ledger.destroy_key("p0")
        assert not uow.ledger.destroy_key("p0")
        uow.commit()
    with store.unit_of_work() as uow:
        assert [entry.event.personal for entry in uow.ledger.by_party("p0")] == [{}, {}]
        assert uow.ledger.by_party("p1")[0].event.personal, "another party's is still there"
        assert verify_ledger(uow.ledger).ok, "the chain is over ciphertext"
        uow.ledger.append(event(party="p0"))
        told = [entry.event.personal for entry in uow.ledger.by_party("p0")]
        assert told == [{}, {}, {"handle": ANNA.value}], "a new key opens nothing of the old one"


def test_reading_a_party_never_makes_a_key(store: AnyStore) -> None:
    with store.reader() as uow:
        assert not uow.ledger.by_party("p1")


def test_another_secret_opens_nothing(sql_store: Store) -> None:
    written(sql_store)
    other = open_store(sql_store.url, secret=b"t" * 32, clock=lambda: NOW, new_id=lambda: "x")
    with other.unit_of_work() as uow:
        with pytest.raises(WrongKey):
            uow.ledger.by_party("p1")
        with pytest.raises(WrongKey):
            uow.ledger.append(event())
        assert verify_ledger(uow.ledger).ok, "the chain needs no secret"
    other.close()


def test_the_same_handle_has_another_digest_under_another_secret() -> None:
    assert Keys(b"s" * 32).digest(ANNA) == Keys(b"s" * 32).digest(ANNA) != Keys(b"t" * 32).digest(ANNA)


@pytest.mark.parametrize("change", ["UPDATE ledger SET actor = 'x'", "DELETE FROM ledger", "TRUNCATE ledger CASCADE",
                                    "UPDATE ledger SET hash = hash WHERE sequence = 2",
                                    "INSERT OR REPLACE INTO ledger SELECT * FROM ledger WHERE sequence = 2"])
def test_the_database_refuses_to_change_the_ledger(sql_store: Store, change: str) -> None:
    only_in = {"TRUNCATE": "postgresql", "INSERT": "sqlite"}.get(change.split()[0])
    if only_in not in (None, sql_store.engine.dialect.name):
        return
    before = written(sql_store)
    raw = sql_store.engine.raw_connection()
    with pytest.raises((sqlite3.IntegrityError, psycopg.errors.RaiseException), match="append-only"):
        raw.cursor().execute(change)
    raw.close()
    with sql_store.reader() as uow:
        assert list(every(uow.ledger)) == before


def tamper(store: Store, *changes: str) -> None:
    """As somebody who owns the database would: the guards are taken away first."""
    with store.engine.connect() as connection, connection.begin():
        if connection.dialect.name == "sqlite":
            for name in ("ledger_no_update", "ledger_no_delete", "ledger_in_turn"):
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER USER"))
        for change in changes:
            connection.execute(text(change))


@pytest.mark.parametrize(("change", "first_bad", "words"), [
    ("UPDATE ledger SET actor = 'staff:1' WHERE sequence = 2", 2, "was changed"),
    ("UPDATE ledger SET tag = 'nonsense' WHERE sequence = 2", 2, "cannot be read"),
    ("DELETE FROM projection WHERE sequence = 2; DELETE FROM ledger WHERE sequence = 2", 3, "entry 2 is missing"),
    ("UPDATE projection SET status = 'given' WHERE sequence = 3", 3, "projection says given"),
    ("UPDATE projection SET purpose = 'newsletter' WHERE sequence = 3", 3, "ledger says nothing"),
    ("DELETE FROM projection WHERE sequence = 3", 3, "projection lacks"),
])
def test_verification_finds_the_first_bad_entry_in_the_database(sql_store: Store, change: str, first_bad: int,
                                                                words: str) -> None:
    written(sql_store)
    tamper(sql_store, *change.split("; "))
    with sql_store.reader() as uow:
        report = verify_ledger(uow.ledger)
    assert (report.ok, report.first_bad) == (False, first_bad)
    assert words in (report.reason or "")


def test_long_ledgers_are_read_in_batches(store: AnyStore) -> None:
    told: list[int] = []
    written(store, 2 * BATCH + 1)
    with store.reader() as uow:
        report = verify_ledger(uow.ledger, progress=told.append)
    assert (report.ok, report.count, told) == (True, 2 * BATCH + 1, [BATCH, 2 * BATCH])


def test_an_event_that_is_not_about_consent_leaves_the_projection_alone(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        given = uow.ledger.append(replace(event(ConsentStatus.GIVEN), valid_until=NOW + timedelta(days=365)))
        uow.ledger.append(replace(event(ConsentStatus.WITHDRAWN), tag=EventTag.ACKNOWLEDGE))
        state, = uow.ledger.states(given.event.party_id)
        assert (state.status, state.sequence) == (ConsentStatus.GIVEN, given.sequence)
        assert state.valid_until == NOW + timedelta(days=365)
        assert verify_ledger(uow.ledger).ok


def test_an_entry_of_version_1_cannot_say_what_came_later(store: AnyStore) -> None:
    told = event(ConsentStatus.GIVEN)
    digest = chain.entry_hash(1, "e", told, b"", NOW, chain.GENESIS, 1)
    old = LedgerEntry(1, "e", 1, told, b"", NOW, chain.GENESIS, digest)
    assert verify([old]).ok
    assert not verify([replace(old, event=replace(told, valid_until=NOW))]).ok
