"""What ends and what is over: found, taken out, and what proves is left alone; the same on every store."""

from dataclasses import replace
from datetime import timedelta

import pytest

from storage.archive import ERASED
from storage.dossier_records import Ending, Kind
from storage.records import (
    ALL,
    Audited,
    Capacity,
    ChannelKind,
    ConsentStatus,
    EventTag,
    Handle,
    InboxStatus,
    Invitation,
    OutboxStatus,
    Party,
    Pile,
    Relation,
    RightsArticle,
    RightsRequest,
    Source,
)
from tests.contract.conftest import ANNA, NOW, AnyStore, event, item, outgoing
from tests.harness.claims import add, claim

YEAR_AGO = NOW - timedelta(days=365)
BEFORE = NOW - timedelta(days=30)
OLD = NOW - timedelta(days=40)
SHARED = Handle(ChannelKind.EMAIL, "desk@example.org")


def ended(store: AnyStore, ending: Ending, home: str = "FR") -> list[tuple[str, str]]:
    with store.unit_of_work() as uow:
        return [(each.state.party_id, each.state.channel) for each in uow.expiries.some(ending, NOW, YEAR_AGO, home, 9)]


def test_a_consent_ends_at_its_own_end(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        for party, until in (("over", NOW), ("runs", NOW + timedelta(seconds=1)), ("always", None)):
            uow.ledger.append(replace(event(ConsentStatus.GIVEN, party, "news", "email", OLD), valid_until=until))
        uow.ledger.append(replace(event(ConsentStatus.WITHDRAWN, "no", "news", "email", OLD), valid_until=NOW))
        uow.commit()
    assert ended(store, Ending.TIME) == [("over", "email")]


def test_a_french_call_consent_ends_after_a_year_without_any_end_recorded(store: AnyStore) -> None:
    for party, country, capacity in (("fr", "FR", Capacity.CONSUMER), ("de", "DE", Capacity.CONSUMER),
                                     ("home", None, Capacity.CONSUMER), ("work", "FR", Capacity.PROFESSIONAL)):
        add(store, Party(party, capacity, country=country), [Handle(ChannelKind.PHONE, f"+33{party}")])
        with store.unit_of_work() as uow:
            uow.ledger.append(replace(event(ConsentStatus.GIVEN, party, "news", "phone", YEAR_AGO), capacity=capacity))
            uow.commit()
    with store.unit_of_work() as uow:
        uow.ledger.append(event(ConsentStatus.GIVEN, "fr", "news", "email", YEAR_AGO))
        uow.ledger.append(event(ConsentStatus.GIVEN, "fr", "other", "phone", YEAR_AGO + timedelta(seconds=1)))
        uow.commit()
    assert ended(store, Ending.PHONE_YEAR) == [("fr", "phone"), ("home", "phone")]
    assert ended(store, Ending.PHONE_YEAR, "BE") == [("fr", "phone")]


def test_a_request_ends_when_every_invitation_has(store: AnyStore) -> None:
    for party, until in (("silent", NOW), ("open", NOW + timedelta(days=1)), ("none", None)):
        add(store, Party(party, Capacity.CONSUMER), [ANNA])
        with store.unit_of_work() as uow:
            uow.ledger.append(event(ConsentStatus.REQUESTED, party, "news", "email", OLD))
            if until is not None:
                uow.invitations.add(Invitation(f"i-{party}", party, ANNA, ("news",), "email", f"<{party}@x>", OLD,
                                               until, ""))
            uow.commit()
    assert ended(store, Ending.SILENCE) == [("silent", "email")]


def said(party: str, pile: Pile, *reasons: str, purpose: str = "news") -> Audited:
    return Audited(party, purpose, "email", pile, reasons or ("bounced",), OLD)


def judged(store: AnyStore, party: str, *found: Audited) -> None:
    add(store, Party(party, Capacity.CONSUMER, "ACME", "fr", "FR"), [Handle(ChannelKind.EMAIL, f"{party}@x.example")])
    with store.unit_of_work() as uow:
        uow.audits.put(found)
        uow.commit()


def test_a_file_is_over_when_nothing_in_it_is_needed(store: AnyStore) -> None:
    judged(store, "a-goes", said("a-goes", Pile.DELETE), said("a-goes", Pile.DELETE, purpose="offers"))
    judged(store, "b-objected", said("b-objected", Pile.SUPPRESS, "objected", "silent-too-long"))
    judged(store, "c-keeps", said("c-keeps", Pile.DELETE), said("c-keeps", Pile.KEEP, "proven", purpose="offers"))
    judged(store, "d-fresh", replace(said("d-fresh", Pile.DELETE), at=NOW))
    judged(store, "e-no", said("e-no", Pile.SUPPRESS, "objected"))
    judged(store, "f-asks", said("f-asks", Pile.DELETE))
    judged(store, "g-unsent", said("g-unsent", Pile.DELETE))
    judged(store, "h-unjudged")
    with store.unit_of_work() as uow:
        uow.requests.open(RightsRequest("r", "f-asks", ANNA, RightsArticle.A15, NOW, NOW, "acknowledged", None))
        uow.outbox.add(outgoing("<u@x>", OLD, Handle(ChannelKind.EMAIL, "g-unsent@x.example")))
        uow.commit()
    with store.reader() as uow:
        assert [each.name for each in uow.retention.some(Kind.FILE, BEFORE, 9)] == ["a-goes", "b-objected"]
        assert uow.retention.count(Kind.FILE, BEFORE) == (2, OLD)
        assert uow.retention.count(Kind.FILE, OLD) == (0, None)


def test_closing_a_file_leaves_what_proves(store: AnyStore) -> None:
    relation = Relation("p1", Source.PERSON, OLD)
    add(store, Party("p1", Capacity.CONSUMER, "ACME", "fr", "FR"), [ANNA, SHARED], relation,
        [claim("p1", proof="form 1"), claim("p1", "offers"), claim("p1", "calls", claimed=ConsentStatus.WITHDRAWN)])
    add(store, Party("p2", Capacity.PROFESSIONAL), [SHARED])
    with store.unit_of_work() as uow:
        uow.audits.put([said("p1", Pile.DELETE)])
        for handle in (ANNA, SHARED):
            uow.parties.set_handle_validity(handle, valid=False)
        uow.ledger.append(event(ConsentStatus.GIVEN, "p1"))
        uow.invitations.add(Invitation("i1", "p1", ANNA, ("news",), "email", "<i@x>", OLD, NOW, ""))
        gone = uow.retention.close("p1")
        uow.commit()
    assert gone == {"audited": 1, "relation": 1, "invitation": 1, "handle": 2, "evidence": 2, "party": 0}
    with store.unit_of_work() as uow:
        assert uow.parties.get("p1") == Party("p1", Capacity.CONSUMER), "nothing but the id that the proof hangs on"
        assert [party.id for party in uow.parties.by_handle(SHARED)] == ["p2"]
        assert uow.parties.handle_valid(ANNA)
        assert not uow.parties.handle_valid(SHARED), "the other file has it still"
        assert uow.audits.count() == 1
        left, = uow.retention.proofs("", 9)
        assert (left.party_id, left.evidence, left.entries[0][:3]) == ("p1", True, (EventTag.OBJECT, ALL, "FR-01"))
        assert uow.retention.proofs("p1", 9) == []
        uow.retention.end_proof("p1")
        assert uow.ledger.destroy_key("p1")
        assert uow.parties.get("p1") is None
        assert uow.retention.proofs("", 9) == []
        uow.commit()


def test_messages_are_told_apart_by_what_rests_on_them(store: AnyStore) -> None:
    old = [replace(item(raw), received_at=OLD) for raw in (b"spam", b"stop", b"access", b"still", b"held", b"again")]
    spam, stop, access, still, held, again = old
    with store.unit_of_work() as uow:
        for each in [*old, item(b"new")]:
            uow.inbox.add(each)
            uow.inbox.finish(each.id, InboxStatus.HELD if each is held else InboxStatus.DONE, {"why": "x"})
        uow.ledger.append(replace(event(party="p1"), source_hash=stop.content_hash))
        for name, about, status in (("r1", access, "fulfilled"), ("r2", still, "acknowledged")):
            uow.requests.open(RightsRequest(name, None, ANNA, RightsArticle.A15, OLD, OLD, status, about.id))
        uow.commit()
    with store.unit_of_work() as uow:
        assert {each.name for each in uow.retention.some(Kind.MESSAGE, BEFORE, 9)} == {spam.id, again.id}
        assert uow.retention.count(Kind.MESSAGE, BEFORE) == (2, OLD)
        assert {each.name for each in uow.retention.some(Kind.PROOF_MESSAGE, BEFORE, 9)} == {stop.id, access.id}
        assert uow.retention.resting(stop.content_hash) == [("p1", Capacity.CONSUMER)]
        uow.erasures.scrub(spam.id, NOW)
        assert [each.name for each in uow.retention.some(Kind.MESSAGE, BEFORE, 9)] == [again.id]
        left = uow.inbox.get(spam.id)
        assert left is not None
        assert (left.raw, left.source, left.content_hash) == (b"", ERASED, spam.content_hash)


def test_words_of_answers_and_closed_requests_go(store: AnyStore) -> None:
    sent, waiting = outgoing("<s@x>", OLD), outgoing("<w@x>", OLD)
    with store.unit_of_work() as uow:
        for each in (sent, waiting, outgoing("<n@x>", NOW)):
            uow.outbox.add(each)
        uow.outbox.mark(sent.id, OutboxStatus.SENT)
        for name, status in (("closed", "fulfilled"), ("open", "acknowledged")):
            uow.requests.open(RightsRequest(name, None, ANNA, RightsArticle.A15, OLD, OLD, status, None))
        uow.commit()
    with store.unit_of_work() as uow:
        assert [each.name for each in uow.retention.some(Kind.LETTER, BEFORE, 9)] == [sent.id]
        assert [each.name for each in uow.retention.some(Kind.REQUEST, BEFORE, 9)] == ["closed"]
        uow.retention.drop(Kind.LETTER, [sent.id])
        uow.retention.drop(Kind.REQUEST, ["closed"])
        uow.commit()
    with store.reader() as uow:
        assert uow.retention.count(Kind.LETTER, BEFORE) == (0, None)
        assert [each.id for each in uow.requests.list()] == ["open"]
        left = uow.outbox.get(sent.id)
        assert left is not None
        assert (left.payload, left.recipient.value, left.message_id) == (b"", "", "<s@x>")
        with pytest.raises(KeyError):
            uow.retention.drop(Kind.FILE, ["p1"])
