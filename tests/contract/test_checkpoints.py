"""Signed checkpoints, in every store: one after the other, and what they show that the chain alone cannot."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.checkpoints import checkpoint, due
from storage import chain
from storage.merkle import Tree
from storage.records import ConsentStatus, LedgerEntry, SignedCheckpoint
from storage.repositories import Checkpoints
from storage.signing import Signer, Witness, digest_of, of_pem, pem
from storage.store import Store
from storage.verify import Unreadable, VerifyReport, every, verify, verify_ledger, witnessed
from tests.contract.conftest import NOW, SECRET, AnyStore, event


def grown(store: AnyStore, count: int = 5) -> None:
    with store.unit_of_work() as uow:
        for number in range(count):
            uow.ledger.append(event(party=f"p{number}"))
        uow.commit()


def sign(store: AnyStore) -> SignedCheckpoint | None:
    return checkpoint(store.reader, store.unit_of_work, lambda: NOW)


def verified(store: AnyStore) -> VerifyReport:
    with store.reader() as uow:
        return verify_ledger(uow.ledger, None, None, uow.checkpoints)


def test_each_follows_the_one_before_and_signs_what_came_since(store: AnyStore) -> None:
    assert sign(store) is None, "there is nothing to sign"
    grown(store)
    first = sign(store)
    assert sign(store) is None, "nothing is new"
    grown(store, 3)
    second = sign(store)
    assert first is not None
    assert second is not None
    assert (first.sequence, first.previous, first.at) == (5, "0" * 64, NOW)
    assert (second.sequence, second.previous) == (8, digest_of(first))
    assert first.key_id == Signer(SECRET).key_id
    with store.reader() as uow:
        assert (uow.checkpoints.list(), uow.checkpoints.list(5)) == ([first, second], [second])
        assert uow.checkpoints.list(limit=1) == [first]
        assert uow.checkpoints.newest() == second
        assert of_pem(pem(uow.checkpoints.public_key).encode()) == Signer(SECRET).public_key
        leaves = uow.checkpoints.hashes(5, 8)
        assert leaves == [entry.hash for entry in uow.ledger.entries(5)]
        tree = Tree()
        for leaf in leaves:
            tree.add(leaf)
        assert tree.root() == second.root
    report = verified(store)
    assert (report.ok, report.checkpoints, report.signed, report.key_id) == (True, 2, 8, first.key_id)


def test_two_at_once_make_one(store: AnyStore) -> None:
    grown(store)
    with store.reader() as uow:
        entry = uow.ledger.entries(4)[0]
    with store.unit_of_work() as uow:
        assert uow.checkpoints.add(None, 5, entry.hash, "a" * 64, NOW)
        assert uow.checkpoints.add(None, 5, entry.hash, "a" * 64, NOW) is None
        uow.rollback()
    made: list[SignedCheckpoint | None] = []
    threads = [threading.Thread(target=lambda: made.append(sign(store))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(each is not None for each in made) == 1
    assert verified(store).checkpoints == 1


def test_when_it_is_time(store: AnyStore) -> None:
    def is_due(entries: int, hours: int) -> bool:
        with store.reader() as uow:
            return due(uow, lambda: NOW + timedelta(hours=30), entries, timedelta(hours=hours))

    assert not is_due(5, 24), "an empty ledger is not signed"
    grown(store)
    assert is_due(100, 100), "the first one is due with the first entry"
    sign(store)
    assert not is_due(5, 24), "nothing is new"
    grown(store, 4)
    assert is_due(5, 24), "it is older than a day"
    assert not is_due(5, 31)
    grown(store, 1)
    assert is_due(5, 31), "five are new"


def rewritten(store: AnyStore, number: int = 3) -> list[LedgerEntry]:
    """The chain as somebody makes it who changes one entry and every hash after it."""
    with store.reader() as uow:
        entries = uow.ledger.entries()
    made: list[LedgerEntry] = []
    for entry in entries:
        told = replace(entry.event, status_after=ConsentStatus.GIVEN) if entry.sequence == number else entry.event
        made.append(replace(chain.link(entry.sequence, entry.id, told, entry.sealed, entry.recorded_at,
                                       made[-1].hash if made else chain.GENESIS)))
    return made


def test_a_chain_written_anew_shows_only_against_what_was_signed(store: AnyStore) -> None:
    grown(store)
    sign(store)
    grown(store, 2)
    forged = rewritten(store)
    assert verify(forged).ok, "the chain alone cannot show it"
    with store.reader() as uow:
        report = verify(witnessed(forged, uow.checkpoints))
    assert (report.ok, report.first_bad) == (False, 5)
    assert "entries 1 to 5 are not those that were signed" in (report.reason or "")


class Given:
    """Checkpoints as somebody has put them there."""

    def __init__(self, rows: list[SignedCheckpoint], public_key: bytes) -> None:
        self.rows, self.public_key = rows, public_key

    def list(self, after: int = 0, limit: int = 1000) -> list[SignedCheckpoint]:
        return [each for each in self.rows if each.sequence > after][:limit]

    newest = add = hashes = None


def test_cut_removed_forged_and_misplaced_checkpoints_show(store: AnyStore) -> None:
    for _ in range(3):
        grown(store, 4)
        sign(store)
    with store.reader() as uow:
        entries, signed = list(every(uow.ledger)), list(uow.checkpoints.list())

    def reason(kept: list[LedgerEntry], rows: list[SignedCheckpoint], secret: bytes = SECRET) -> str:
        given: Checkpoints = Given(rows, Signer(secret).public_key)  # type: ignore[assignment]
        report = verify(witnessed(kept, given))
        assert report.ok is (report.reason is None)
        return report.reason or ""

    assert reason(entries, signed) == ""
    assert "the newest entries are gone" in reason(entries[:-1], signed)
    assert "the newest entries are gone" in reason([], signed)
    assert "does not follow" in reason(entries, [signed[0], signed[2]])
    assert "does not follow" in reason(entries, signed[1:])
    assert "does not fit" in reason(entries, [replace(signed[0], root="0" * 64), *signed[1:]])
    assert "does not fit" in reason(entries, [replace(signed[0], at=NOW + timedelta(seconds=1)), *signed[1:]])
    assert "another key" in reason(entries, signed, b"t" * 32)
    own = Signer(SECRET)
    early = own.checkpoint(3, entries[2].hash, signed[0].root, None, NOW)
    assert "not those that were signed" in reason(entries, [early])
    twice = own.checkpoint(4, entries[3].hash, signed[0].root, signed[0], NOW)
    assert "not in its place" in reason(entries, [signed[0], twice])
    stray = Signer(b"t" * 32).checkpoint(8, entries[7].hash, signed[1].root, signed[0], NOW)
    mixed = verify([*entries[:4], Witness(signed[0], own.public_key), *entries[4:8],
                    Witness(stray, Signer(b"t" * 32).public_key)])
    assert "another key than those before" in (mixed.reason or "")


def test_what_does_not_verify_is_not_signed(sql_store: Store) -> None:
    grown(sql_store)
    with sql_store.engine.connect() as connection, connection.begin():
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER ledger_no_update"))
        else:
            connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE ledger SET status_after = 'given' WHERE sequence = 4"))
    with pytest.raises(Unreadable) as refused:
        sign(sql_store)
    assert refused.value.sequence == 4
    with sql_store.reader() as uow:
        assert uow.checkpoints.newest() is None


def test_a_changed_checkpoint_in_the_store_is_found(sql_store: Store) -> None:
    grown(sql_store)
    sign(sql_store)
    with sql_store.engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE checkpoint SET sequence = 4"))
    report = verified(sql_store)
    assert (report.ok, report.first_bad) == (False, 4)
