"""What every store promises, on SQLite and on PostgreSQL."""

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.clock import new_id, system_clock
from storage import schema
from storage.records import (
    ALL,
    Capacity,
    ChannelKind,
    ConsentEvent,
    ConsentStatus,
    EventTag,
    Handle,
    InboxItem,
    InboxStatus,
    Invitation,
    OutboxItem,
    OutboxStatus,
    Party,
)
from storage.store import Store, open_store
from storage.verify import verify

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANNA = Handle(ChannelKind.EMAIL, "anna@example.org")
COUNT = itertools.count()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path}/s.sqlite3"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    opened = open_store(url, secret=b"s" * 32, clock=system_clock, new_id=new_id)
    with opened.engine.connect() as connection, connection.begin():
        schema.metadata.drop_all(connection)
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    opened.migrate()
    yield opened
    opened.close()


def item(raw: bytes = b"STOP", external: str | None = None) -> InboxItem:
    return InboxItem(new_id(), ChannelKind.EMAIL, "lmtp", external or f"<{next(COUNT)}@x>",
                     hashlib.sha256(raw).hexdigest(), raw, {"mail_from": "a@b"}, NOW)


def event(status: ConsentStatus = ConsentStatus.WITHDRAWN, party: str = "p1") -> ConsentEvent:
    return ConsentEvent(EventTag.OBJECT, party, Capacity.CONSUMER, ALL, ALL, ConsentStatus.UNKNOWN, status, NOW,
                        "person", "FR-01", "stop", "0" * 64, {"handle": ANNA.value})


def test_same_content_or_id_is_stored_once(store: Store) -> None:
    first = item(b"one", "<a@x>")
    with store.unit_of_work() as uow:
        assert uow.inbox.add(first)
        assert not uow.inbox.add(item(b"two", "<a@x>"))
        assert not uow.inbox.add(item(b"one", "<b@x>"))
        uow.commit()
    with store.unit_of_work() as uow:
        assert uow.inbox.count() == {InboxStatus.PENDING: 1}
        assert uow.inbox.get(first.id) == first


def test_leaving_without_commit_forgets(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.inbox.add(item())
    with store.unit_of_work() as uow:
        assert uow.inbox.claim() is None


def test_claim_takes_the_oldest_and_finish_ends_it(store: Store) -> None:
    one, two = item(b"1"), item(b"2")
    with store.unit_of_work() as uow:
        uow.inbox.add(one)
        uow.inbox.add(two)
        uow.commit()
    with store.unit_of_work() as uow:
        assert uow.inbox.claim() == one
        uow.inbox.finish(one.id, InboxStatus.DONE, {"row": "stop"})
        assert uow.inbox.claim() == two
        uow.inbox.fail(two.id, "parse", "boom")
        assert uow.inbox.claim() is None
        assert uow.inbox.release(two.id)
        assert not uow.inbox.release(one.id)
        uow.commit()


def test_outbox_moves_by_rows_and_recovers(store: Store) -> None:
    out = OutboxItem(new_id(), ChannelKind.EMAIL, ANNA, "objection_confirmed", "en", "", b"x", "<m@x>", None, NOW)
    with store.unit_of_work() as uow:
        uow.outbox.add(out)
        assert [row.attempts for row in uow.outbox.claim(NOW, 10)] == [1]
        assert not uow.outbox.claim(NOW, 10)
        assert uow.outbox.recover() == 1
        assert len(uow.outbox.claim(NOW, 10)) == 1
        uow.outbox.mark(out.id, OutboxStatus.QUEUED, not_before=NOW + timedelta(minutes=5))
        assert not uow.outbox.claim(NOW, 10)
        assert uow.outbox.replies_since(ANNA, NOW - timedelta(hours=1)) == 1
        found = uow.outbox.by_message_id("<m@x>")
        assert found is not None
        assert found.recipient == ANNA


def test_the_chain_verifies_and_tampering_shows(store: Store) -> None:
    with store.unit_of_work() as uow:
        for _ in range(3):
            uow.ledger.append(event())
        uow.commit()
    with store.unit_of_work() as uow:
        entries = list(uow.ledger.entries())
        assert verify(entries).ok
        assert uow.ledger.by_party("p1")[0].event.personal == {"handle": ANNA.value}
    forged = replace(entries[1], event=replace(entries[1].event, status_after=ConsentStatus.GIVEN))
    assert verify([entries[0], forged, entries[2]]).first_bad == 2
    assert verify([entries[0], entries[2]]).first_bad == 3


def test_the_projection_is_the_last_event(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.ledger.append(event(ConsentStatus.GIVEN))
        uow.ledger.append(event(ConsentStatus.WITHDRAWN))
        assert [state.status for state in uow.ledger.states("p1")] == [ConsentStatus.WITHDRAWN]


def test_a_no_is_never_made_provisional(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.suppression.add(ANNA, "pause", NOW, channel=ALL, purpose=ALL, provisional=True)
        uow.suppression.add(ANNA, "stop", NOW, channel=ALL, purpose=ALL)
        uow.suppression.add(ANNA, "pause", NOW, channel=ALL, purpose=ALL, provisional=True)
        assert [row["provisional"] for row in uow.suppression.find(ANNA)] == [False, True]
        uow.suppression.lift(ANNA, channel=ALL, purpose=ALL, provisional_only=True)
        assert len(uow.suppression.find(ANNA)) == 1


def test_one_handle_two_capacities(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.parties.add(Party("b", Capacity.PROFESSIONAL, "Acme"), ANNA)
        uow.parties.add(Party("a", Capacity.CONSUMER), ANNA)
        assert [party.capacity for party in uow.parties.by_handle(ANNA)] == [Capacity.CONSUMER, Capacity.PROFESSIONAL]
        uow.parties.set_handle_validity(ANNA, valid=False)
        assert not uow.parties.handle_valid(ANNA)


def test_an_invitation_is_answered_once(store: Store) -> None:
    asked = Invitation("i1", "p1", ANNA, ("newsletter",), "email", "<q@x>", NOW, NOW + timedelta(days=7), "n1")
    with store.unit_of_work() as uow:
        uow.invitations.add(asked)
        uow.invitations.answer("i1", NOW)
        uow.invitations.answer("i1", NOW + timedelta(days=1))
        found = uow.invitations.by_message_id("<q@x>")
        assert found is not None
        assert found.answered_at == NOW
