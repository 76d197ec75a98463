"""Taking out what names a person, the same in every store; and a no that no order of events loses."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.clock import new_id, system_clock
from bot.erasure import Order, erase
from storage.memory import MemoryStore
from storage.projection import rebuild
from storage.records import (
    ALL,
    Capacity,
    ChannelKind,
    ConsentStatus,
    EventTag,
    Handle,
    InboxStatus,
    Invitation,
    OutboxStatus,
    Party,
    RightsArticle,
    RightsRequest,
)
from storage.unit_of_work import UnitOfWork
from storage.verify import verify_ledger
from tests.contract.conftest import ANNA, NOW, SECRET, AnyStore, emptied, event, example, item, outgoing

BOB = Handle(ChannelKind.EMAIL, "bob@example.org")
UNTIL = NOW + timedelta(days=1825)


def read(handle: Handle, raw: bytes, uow: UnitOfWork, **more: str) -> str:
    """One decided message of theirs; its id."""
    one = item(raw)
    uow.inbox.add(one)
    uow.inbox.finish(one.id, InboxStatus.DONE, {"message": {"from": handle.value}, "identity": {
        "handle": handle.value}, "odd": "\0\ud800", **more})
    return one.id


def test_messages_are_found_scrubbed_archived_and_opened(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        ids = [read(ANNA, b"one", uow), read(ANNA, b"two", uow), read(BOB, b"three", uow),
               read(BOB, b"four", uow, named=ANNA.value)]
        uow.examples.add(example(ids[0]))
        uow.commit()
    with store.unit_of_work() as uow:
        found = uow.erasures.naming(ANNA)
        assert [each.id for each in found] == [ids[0], ids[1], ids[3]]
        assert {each.raw for each in found} == {b""}, "without their bytes"
        before = uow.inbox.get(ids[1])
        assert before is not None
        uow.erasures.scrub(ids[0], NOW)
        uow.erasures.archive(ids[1], NOW, UNTIL, "p1")
        uow.erasures.archive(ids[1], NOW, UNTIL + timedelta(days=9), "p1")
        assert uow.erasures.examples(ids) == 1
        assert [each.id for each in uow.erasures.naming(ANNA)] == [ids[3]]
        scrubbed, kept = uow.inbox.get(ids[0]), uow.inbox.get(ids[1])
        assert scrubbed is not None
        assert kept is not None
        assert (scrubbed.raw, scrubbed.envelope, scrubbed.explanation) == (b"", {}, {"erased": "2026-11-23"})
        assert b"two" not in kept.raw
        assert kept.explanation == {"erased": "2026-11-23", "kept_until": UNTIL.date().isoformat(), "party": "p1"}
        assert uow.erasures.archived(before.content_hash) == before
        assert uow.erasures.archived(scrubbed.content_hash) is None
        assert uow.erasures.overdue(UNTIL) == []
        assert uow.erasures.overdue(UNTIL + timedelta(days=1)) == [(ids[1], "p1", before.content_hash)]
        assert not uow.inbox.add(item(b"one")), "the same bytes are not taken in again"
        assert uow.inbox.by_hash(before.content_hash) == kept
        assert uow.inbox.by_hash("0" * 64) is None


def test_letters_requests_and_the_file(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        uow.parties.add(Party("p1", Capacity.CONSUMER), ANNA)
        uow.parties.set_handle_validity(ANNA, valid=False)
        uow.parties.add(Party("p2", Capacity.CONSUMER), BOB)
        one = item(b"1")
        uow.inbox.add(one)
        sent = replace(outgoing(), inbox_id=one.id)
        uow.outbox.add(sent)
        uow.outbox.add(outgoing("<n@x>", to=BOB))
        uow.requests.open(RightsRequest("r1", "p1", ANNA, RightsArticle.A15, NOW, NOW, "acknowledged", None))
        uow.requests.open(RightsRequest("r2", None, ANNA, RightsArticle.A17, NOW, NOW, "identity_required", None))
        uow.invitations.add(Invitation("i1", "p1", ANNA, (), "email", "<q@x>", NOW, NOW, "n"))
        uow.commit()
    with store.unit_of_work() as uow:
        assert uow.outbox.answers_to(one.id) == [sent]
        assert (uow.erasures.unsent(ANNA), uow.erasures.undecided()) == (1, [one.id])
        uow.outbox.mark(sent.id, OutboxStatus.SENT)
        assert uow.erasures.unsent(ANNA) == 0
        assert uow.erasures.letters(ANNA) == 1
        assert uow.erasures.handle(ANNA) == 2
        gone = uow.erasures.file("p1")
        assert {name: count for name, count in gone.items() if count} == {"invitation": 1, "handle": 1, "party": 1}
        uow.commit()
    with store.reader() as uow:
        letter = uow.outbox.get(sent.id)
        assert letter is not None
        assert (letter.recipient.value, letter.payload, letter.status) == ("", b"", OutboxStatus.SENT)
        assert {(each.party_id, each.handle.value) for each in uow.requests.list()} == {(None, "")}
        assert uow.invitations.get("i1") is None
        assert uow.parties.get("p1") is None
        assert not uow.parties.by_handle(ANNA)
        assert uow.parties.handle_valid(ANNA)
        assert uow.parties.by_handle(BOB)
        assert uow.erasures.unsent(BOB) == 1


def test_what_another_file_rests_on_is_known(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        uow.parties.add(Party("p1", Capacity.CONSUMER), ANNA)
        uow.parties.add(Party("p2", Capacity.PROFESSIONAL), ANNA)
        uow.ledger.append(replace(event(party="p1"), source_hash="1" * 64))
        uow.ledger.append(replace(event(party="p2"), source_hash="1" * 64))
        uow.ledger.append(replace(event(party="gone"), source_hash="2" * 64))
        assert uow.erasures.other_files("1" * 64, "p1")
        assert not uow.erasures.other_files("2" * 64, "p1"), "that party is not on file"
        assert not uow.erasures.other_files("3" * 64, "p1")


TAGS = [EventTag.GRANT, EventTag.WITHDRAW, EventTag.REFUSE, EventTag.OBJECT, EventTag.EXPIRE, EventTag.IMPORT,
        EventTag.ACKNOWLEDGE, EventTag.PAUSE]
STEPS = st.one_of(
    st.tuples(st.just("event"), st.sampled_from(TAGS), st.sampled_from(list(ConsentStatus)),
              st.sampled_from(["newsletter", ALL]), st.sampled_from(["email", ALL]), st.booleans()),
    st.just(("erase",)), st.just(("sign",)))


@pytest.mark.parametrize("kind", ["memory", "sql"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=25))
def test_after_any_events_and_erasures_the_projection_is_the_ledgers_and_no_no_is_lost(
        kind: str, steps: list[Any], fast: dict[str, AnyStore]) -> None:
    store = fast[kind]
    with store.unit_of_work() as uow:  # everything in one transaction that is rolled back: the store stays empty
        said_no, number, party = False, 0, ""
        for step in steps:
            if step[0] == "event":
                if not party:
                    number += 1
                    party = f"p{number}"
                    uow.parties.add(Party(party, Capacity.CONSUMER), ANNA)
                _, tag, status, purpose, channel, dated = step
                uow.ledger.append(replace(event(status, party, purpose, channel), tag=tag,
                                          valid_until=NOW if dated else None))
            elif step[0] == "erase" and party:
                said_no |= any(state.status in (ConsentStatus.WITHDRAWN, ConsentStatus.REFUSED)
                               for state in uow.ledger.states(party))
                erase(Order(party, "asked", "zoe"), uow, NOW)
                party = ""
        assert rebuild(uow.ledger.entries()) == {
            (state.party_id, state.purpose, state.channel): state for state in uow.ledger.projection()}
        assert verify_ledger(uow.ledger).ok
        if said_no:
            assert uow.suppression.find(ANNA), "a no outlives the file"
        for gone in range(1, number + (not party)):
            assert not any(entry.event.personal for entry in uow.ledger.by_party(f"p{gone}"))


@pytest.fixture(scope="module")
def fast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, AnyStore]]:
    store = emptied(f"sqlite:///{tmp_path_factory.mktemp('fast')}/s.sqlite3")
    yield {"memory": MemoryStore(SECRET, system_clock, new_id), "sql": store}
    store.close()
