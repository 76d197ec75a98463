"""What every store promises, on SQLite, on PostgreSQL and in memory."""

import sqlite3
from dataclasses import replace
from datetime import timedelta, timezone

import psycopg
import pytest

from storage.errors import StorageError
from storage.records import (
    ALL,
    Capacity,
    ChannelKind,
    Handle,
    InboxStatus,
    Invitation,
    OutboxStatus,
    Party,
    RightsArticle,
    RightsRequest,
)
from storage.unit_of_work import LEASE, UnitOfWork
from tests.contract.conftest import ANNA, NOW, AnyStore, event, example, item, outgoing

REFUSED = (sqlite3.Error, psycopg.Error, StorageError)
HOSTILE = "<a\0\ud800é@x>"


def test_same_content_or_id_is_stored_once(store: AnyStore) -> None:
    first = item(b"one", "<a@x>")
    with store.unit_of_work() as uow:
        assert uow.inbox.add(first)
        assert not uow.inbox.add(item(b"two", "<a@x>"))
        assert not uow.inbox.add(item(b"one", "<b@x>"))
        assert uow.inbox.add(item(b"three", "<a@x>", source="imap:privacy"))
        assert uow.inbox.add(item(b"four", "<b@x>")), "what was refused has left nothing behind"
        uow.commit()
    with store.reader() as uow:
        assert uow.inbox.count() == {InboxStatus.PENDING: 3}
        assert uow.inbox.get(first.id) == first
        assert uow.inbox.get("nobody") is None


def test_leaving_without_commit_forgets_everything(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        uow.inbox.add(item(b"kept"))
        uow.suppression.add(ANNA, "stop", NOW, channel=ALL, purpose=ALL)
        uow.commit()
    with pytest.raises(RuntimeError), store.unit_of_work() as uow:  # noqa: PT012 - what is raised inside is the point
        fill(uow)
        raise RuntimeError
    with store.unit_of_work() as uow:
        fill(uow)
        uow.rollback()
    with store.unit_of_work() as uow:
        assert uow.inbox.count() == {InboxStatus.PENDING: 1}
        assert not uow.outbox.count()
        assert not uow.ledger.entries()
        assert not uow.ledger.projection()
        assert not uow.parties.by_handle(ANNA)
        assert uow.parties.handle_valid(ANNA)
        assert len(uow.suppression.find(ANNA)) == 1
        assert not uow.requests.list()
        assert uow.invitations.get("i1") is None
        assert not uow.examples.count()
        fill(uow)  # nothing is left that would be in the way
        uow.commit()


def fill(uow: UnitOfWork) -> None:
    claimed = uow.inbox.claim()
    assert claimed is not None
    uow.inbox.finish(claimed.id, InboxStatus.DONE, {})
    uow.inbox.add(item(b"forgotten", "<forgotten@x>"))
    uow.outbox.add(outgoing())
    uow.parties.add(Party("a", Capacity.CONSUMER), ANNA)
    uow.parties.set_handle_validity(ANNA, valid=False)
    uow.ledger.append(event(party="a"))
    uow.suppression.lift(ANNA, channel=ALL, purpose=ALL, provisional_only=False)
    uow.requests.open(RightsRequest("r1", "a", ANNA, RightsArticle.A15, NOW, NOW, "acknowledged", None))
    uow.invitations.add(asked(party="a"))
    uow.examples.add(example(claimed.id))


def test_a_reader_reads_and_never_writes(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        uow.inbox.add(item(b"1"))
        uow.commit()
    with store.reader() as uow:
        assert uow.inbox.count() == {InboxStatus.PENDING: 1}
        with pytest.raises(REFUSED):
            uow.inbox.add(item(b"2"))
    with store.reader() as uow:
        assert uow.inbox.count() == {InboxStatus.PENDING: 1}


def test_claim_takes_the_oldest_and_finish_ends_it(store: AnyStore) -> None:
    one, two = item(b"1"), item(b"2")
    with store.unit_of_work() as uow:
        uow.inbox.add(one)
        uow.inbox.add(two)
        uow.commit()
    with store.unit_of_work() as uow:
        assert uow.inbox.pending() == 2
        assert uow.inbox.claim() == one
        uow.inbox.finish(one.id, InboxStatus.DONE, {"row": "stop"})
        assert uow.inbox.pending() == 1
        assert uow.inbox.claim(one.id) is None
        assert uow.inbox.claim() == two
        uow.inbox.fail(two.id, "parse", "boom")
        failed = uow.inbox.get(two.id)
        assert failed is not None
        assert (failed.status, failed.stage, failed.error, failed.attempts) == (InboxStatus.FAILED, "parse", "boom", 1)
        assert uow.inbox.claim() is None
        assert uow.inbox.release(two.id)
        assert not uow.inbox.release(two.id)
        assert not uow.inbox.release(one.id)
        assert not uow.inbox.release("nobody")
        uow.inbox.finish(two.id, InboxStatus.HELD, {"row": "doubt", "words": ["é"]})
        uow.commit()
    with store.unit_of_work() as uow:
        held = uow.inbox.get(two.id)
        assert held == replace(two, status=InboxStatus.HELD, attempts=1, explanation={"row": "doubt", "words": ["é"]})
        assert [each.id for each in uow.inbox.list([InboxStatus.HELD, InboxStatus.DONE])] == [two.id, one.id]
        assert [each.id for each in uow.inbox.list(list(InboxStatus), limit=1)] == [two.id]
        assert not uow.inbox.list([])
        assert uow.inbox.release(two.id)


def test_hostile_text_is_kept_out_of_the_way(store: AnyStore) -> None:
    odd = item(b"1", HOSTILE)
    with store.unit_of_work() as uow:
        assert uow.inbox.add(odd)
        assert not uow.inbox.add(item(b"2", HOSTILE))
        uow.inbox.fail(odd.id, "parse", HOSTILE)
        assert uow.outbox.by_message_id(HOSTILE) is None
        assert uow.invitations.by_message_id(HOSTILE) is None
        strange = Handle(ChannelKind.EMAIL, HOSTILE)
        assert not uow.parties.by_handle(strange)
        assert uow.parties.handle_valid(strange)
        assert uow.outbox.replies_since(strange, NOW) == 0
        uow.suppression.add(strange, "stop", NOW, channel=ALL, purpose=ALL)
        assert uow.suppression.find(strange)
        uow.commit()


def test_the_oldest_pending_is_what_still_waits(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        assert uow.inbox.oldest_pending() is None
        first, second = item(), replace(item(), id="i2", external_id="e2", content_hash="h2",
                                        received_at=NOW + timedelta(minutes=1))
        uow.inbox.add(first)
        uow.inbox.add(second)
        assert uow.inbox.oldest_pending() == first.received_at
        uow.inbox.finish(first.id, InboxStatus.DONE, {})
        assert uow.inbox.oldest_pending() == second.received_at


def test_outbox_moves_by_rows_and_recovers(store: AnyStore) -> None:
    out = outgoing()
    with store.unit_of_work() as uow:
        uow.outbox.add(out)
        assert uow.outbox.list() == [out]
        assert uow.outbox.claim(NOW, 10) == [
            replace(out, status=OutboxStatus.SENDING, attempts=1, not_before=NOW + LEASE)]
        assert not uow.outbox.claim(NOW, 10)
        assert uow.outbox.recover(NOW + LEASE - timedelta(seconds=1)) == 0
        assert uow.outbox.recover(NOW + LEASE) == 1
        assert len(uow.outbox.claim(NOW, 10)) == 1
        assert uow.outbox.recover() == 1
        assert uow.outbox.recover() == 0
        assert len(uow.outbox.claim(NOW, 10)) == 1
        uow.outbox.mark(out.id, OutboxStatus.SENT)
        assert uow.outbox.recover() == 0
        assert uow.outbox.count() == {OutboxStatus.SENT: 1}
        assert uow.outbox.get(out.id) == uow.outbox.by_message_id("<m@x>")
        assert uow.outbox.get("nobody") is None
        found = uow.outbox.by_message_id("<m@x>")
        assert found == replace(out, status=OutboxStatus.SENT, attempts=3)
        assert uow.outbox.by_message_id("<other@x>") is None


def test_a_retry_waits_for_its_time(store: AnyStore) -> None:
    out, later = outgoing(), NOW + timedelta(minutes=5)
    with store.unit_of_work() as uow:
        uow.outbox.add(out)
        uow.outbox.claim(NOW, 10)
        uow.outbox.mark(out.id, OutboxStatus.QUEUED, error="421", not_before=later)
        assert not uow.outbox.claim(later - timedelta(microseconds=1), 10)
        (again,) = uow.outbox.claim(later.astimezone(timezone(timedelta(hours=5))), 10)
        assert (again.attempts, again.error, again.not_before) == (2, "421", later + LEASE)


def test_outbox_claims_oldest_first_and_no_more_than_asked(store: AnyStore) -> None:
    queued = [outgoing(f"<{number}@x>") for number in range(5)]
    with store.unit_of_work() as uow:
        for each in queued:
            uow.outbox.add(each)
        assert [each.id for each in uow.outbox.claim(NOW, 2)] == [each.id for each in queued[:2]]
        assert [each.id for each in uow.outbox.claim(NOW, 9)] == [each.id for each in queued[2:]]
        assert [each.id for each in uow.outbox.list(2)] == [queued[4].id, queued[3].id]


def test_one_message_id_is_sent_once(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        uow.outbox.add(outgoing())
        with pytest.raises(REFUSED):
            uow.outbox.add(outgoing())


def test_replies_are_counted_by_handle_and_time(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        for minutes in range(3):
            uow.outbox.add(outgoing(f"<{minutes}@x>", NOW + timedelta(minutes=minutes)))
        uow.outbox.add(outgoing("<b@x>", to=Handle(ChannelKind.SMS, ANNA.value)))
        assert uow.outbox.replies_since(ANNA, NOW) == 3
        assert uow.outbox.replies_since(ANNA, NOW + timedelta(minutes=1)) == 2
        assert uow.outbox.replies_since(ANNA, NOW + timedelta(minutes=3)) == 0


def test_a_no_and_a_pause_lie_side_by_side(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        uow.suppression.add(ANNA, "pause", NOW, channel=ALL, purpose=ALL, provisional=True)
        uow.suppression.add(ANNA, "stop", NOW, channel=ALL, purpose=ALL)
        assert [row["provisional"] for row in uow.suppression.find(ANNA)] == [False], "the no settles the pause"
        uow.suppression.add(ANNA, "pause", NOW, channel=ALL, purpose=ALL, provisional=True)
        assert [row["provisional"] for row in uow.suppression.find(ANNA)] == [False, True]
        uow.suppression.lift(ANNA, channel=ALL, purpose=ALL, provisional_only=True)
        assert [row["provisional"] for row in uow.suppression.find(ANNA)] == [False]
        uow.suppression.lift(ANNA, channel=ALL, purpose=ALL, provisional_only=False)
        assert not uow.suppression.find(ANNA)


def test_a_later_no_moves_the_date_on_and_an_older_one_does_not(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        for days, reason in ((1, "first"), (3, "third"), (2, "second")):
            uow.suppression.add(ANNA, reason, NOW + timedelta(days=days), channel="email", purpose=ALL)
        (row,) = uow.suppression.find(ANNA)
    assert dict(row) == {"channel": "email", "purpose": ALL, "reason": "third", "at": NOW + timedelta(days=3),
                         "provisional": False}


def test_suppression_is_for_each_channel_and_purpose(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        uow.suppression.add(ANNA, "stop", NOW, channel="email", purpose="newsletter")
        uow.suppression.add(ANNA, "stop", NOW, channel="sms", purpose="newsletter")
        uow.suppression.add(ANNA, "stop", NOW, channel="email", purpose="offers")
        assert not uow.suppression.find(Handle(ChannelKind.SMS, ANNA.value))
        uow.suppression.lift(ANNA, channel="email", purpose="newsletter", provisional_only=False)
        left = {(row["channel"], row["purpose"]) for row in uow.suppression.find(ANNA)}
    assert left == {("sms", "newsletter"), ("email", "offers")}


def test_one_handle_two_capacities(store: AnyStore) -> None:
    professional, consumer = Party("a", Capacity.PROFESSIONAL, "Acme", "fr", "FR"), Party("b", Capacity.CONSUMER)
    other = Handle(ChannelKind.SMS, "+33600000000")
    with store.unit_of_work() as uow:
        uow.parties.add(professional, ANNA)
        uow.parties.add(consumer, ANNA)
        uow.parties.add(consumer, ANNA)
        uow.parties.add(consumer, other)
        assert uow.parties.by_handle(ANNA) == [consumer, professional]
        assert uow.parties.by_handle(other) == [consumer]
        assert uow.parties.handles("b") == [ANNA, other]
        assert uow.parties.get("a") == professional
        assert uow.parties.get("c") is None
        uow.ledger.append(event(party="a"))
        assert not uow.ledger.states("b"), "the files are kept apart"


def test_a_bounce_makes_a_handle_invalid_until_it_is_not(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        assert uow.parties.handle_valid(ANNA)
        uow.parties.set_handle_validity(ANNA, valid=False)
        uow.parties.set_handle_validity(ANNA, valid=False)
        assert not uow.parties.handle_valid(ANNA)
        uow.parties.set_handle_validity(ANNA, valid=True)
        assert uow.parties.handle_valid(ANNA)


def asked(party: str = "p1") -> Invitation:
    return Invitation("i1", party, ANNA, ("newsletter", "offers"), "email", "<q@x>", NOW, NOW + timedelta(days=7), "n1")


def test_an_invitation_is_answered_once(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        uow.invitations.add(asked())
        assert uow.invitations.get("i1") == asked()
        assert uow.invitations.get("i2") is None
        uow.invitations.answer("i1", NOW)
        uow.invitations.answer("i1", NOW + timedelta(days=1))
        assert uow.invitations.by_message_id("<q@x>") == replace(asked(), answered_at=NOW)


def test_requests_are_listed_by_what_is_due_first(store: AnyStore) -> None:
    cases = [RightsRequest(str(days), None, ANNA, RightsArticle.A17, NOW, NOW + timedelta(days=days),
                           "identity_required", None) for days in (3, 1, 2)]
    with store.unit_of_work() as uow:
        for case in cases:
            uow.requests.open(case)
        assert [case.id for case in uow.requests.list()] == ["1", "2", "3"]
        assert uow.requests.list(1) == [cases[1]]


def test_a_unit_of_work_is_over_after_commit(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        uow.inbox.add(item(b"1"))
        uow.commit()
        with pytest.raises(REFUSED):
            uow.inbox.add(item(b"2"))
        uow.rollback()
    with store.unit_of_work() as uow:
        assert uow.inbox.count() == {InboxStatus.PENDING: 1}
