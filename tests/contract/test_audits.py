"""What the audit reads of each party, and what it says: the same on every store."""

from dataclasses import replace
from datetime import timedelta

from storage.records import (
    ALL,
    Audited,
    Capacity,
    ChannelKind,
    ConsentStatus,
    Handle,
    Invitation,
    Notice,
    Party,
    Pile,
    Provenance,
    Relation,
    RightsArticle,
    RightsRequest,
    Source,
)
from tests.contract.conftest import ANNA, NOW, AnyStore, event
from tests.harness.claims import TAKEN_IN, add, claim

SMS, CALLED = Handle(ChannelKind.SMS, "+33612345678"), Handle(ChannelKind.PHONE, "+33612345678")
GONE = Handle(ChannelKind.EMAIL, "gone@example.org")
WORDS = Notice("a" * 64, "form", "1", "fr", "Oui ?", NOW)
KNOWN = Relation("p1", Source.PERSON, NOW - timedelta(days=9), at_sale=True, last_contact_at=NOW - timedelta(days=2))
SAID = Audited("p1", "newsletter", "email", Pile.ASK, ("soft-opt-in", "with-stop-link"), NOW)


def filled(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        uow.notices.add(WORDS)
        uow.commit()
    add(store, Party("p1", Capacity.CONSUMER, country="FR"), [ANNA, SMS], KNOWN,
        [claim("p1", at=NOW - timedelta(days=5), method="box", notice=WORDS.id, proof="form 1"),
         claim("p1", "offers", claimed=ConsentStatus.WITHDRAWN)])
    add(store, Party("p2", Capacity.PROFESSIONAL, organisation="ACME"), [GONE])
    with store.unit_of_work() as uow:
        uow.parties.set_handle_validity(GONE, valid=False)
        uow.ledger.append(replace(event(ConsentStatus.GIVEN, "p1", "newsletter", "email"), notice=WORDS.id,
                                  valid_until=NOW + timedelta(days=300)))
        uow.ledger.append(replace(event(ConsentStatus.GIVEN, "p2", "newsletter", "email"),
                                  provenance=Provenance.IMPORTED))
        uow.suppression.add(CALLED, "stop", NOW, channel="phone", purpose=ALL)
        uow.suppression.add(ANNA, "pause", NOW, channel=ALL, purpose=ALL, provisional=True)
        uow.invitations.add(Invitation("i1", "p1", ANNA, ("offers",), "email", "<i@x>", NOW, NOW + timedelta(days=7),
                                       WORDS.id))
        uow.requests.open(RightsRequest("r1", "p2", GONE, RightsArticle.A17, NOW, NOW, "acknowledged", None))
        uow.requests.open(RightsRequest("r2", "p1", ANNA, RightsArticle.A17, NOW, NOW, "fulfilled", None))
        uow.requests.open(RightsRequest("r3", "p1", ANNA, RightsArticle.A15, NOW, NOW, "acknowledged", None))
        uow.commit()


def test_a_page_has_everything_on_file(store: AnyStore) -> None:
    filled(store)
    with store.reader() as uow:
        first, second = uow.audits.page("", 10)
        assert uow.audits.count() == 2
        assert uow.audits.page("p2", 10) == []
        assert [each.party.id for each in uow.audits.page("", 1)] == ["p1"]
        assert [each.party.id for each in uow.audits.page("p1", 1)] == ["p2"]
    assert (first.reached, first.bounced, first.relation) == ({"email", "sms"}, frozenset(), KNOWN)
    newsletter, offers = first.claimed
    assert (newsletter.wording, newsletter.imported_at, newsletter.evidence.proof) == ("form", TAKEN_IN, "form 1")
    assert (offers.wording, offers.evidence.claimed) == (None, ConsentStatus.WITHDRAWN)
    said, = first.said
    assert (said.purpose, said.channel, said.status, said.before, said.witnessed, first.notices[said.notice]) == (
        "newsletter", "email", ConsentStatus.GIVEN, ConsentStatus.UNKNOWN, True, "form")
    assert said.valid_until == NOW + timedelta(days=300)
    assert {(each.channel, each.provisional) for each in first.stops} == {("phone", False), (ALL, True)}, (
        "a no to a call is of the same number as the SMS")
    asked, = first.askings
    assert (asked.purposes, asked.answered) == (("offers",), False)
    assert not first.contested
    assert (second.reached, second.bounced, second.contested) == (frozenset(), {"email"}, True)
    assert not second.said[0].witnessed
    assert second.party.organisation == "ACME"


def test_what_is_said_replaces_what_was_said(store: AnyStore) -> None:
    filled(store)
    other = replace(SAID, channel="sms", pile=Pile.DELETE, reasons=("bounced",))
    with store.unit_of_work() as uow:
        uow.audits.put([SAID, other, replace(SAID, party_id="nobody")])
        uow.commit()
    later = replace(SAID, pile=Pile.KEEP, reasons=("witnessed",), at=NOW + timedelta(days=1))
    with store.unit_of_work() as uow:
        uow.audits.put([later])
        uow.audits.drop([other, replace(other, purpose="unknown")])
        uow.commit()
    with store.reader() as uow:
        assert uow.audits.of("p1") == [later]
        assert uow.audits.of("nobody") == []
        assert uow.audits.page("", 1)[0].audited == (later,)


def test_what_was_said_is_forgotten_when_the_unit_is(store: AnyStore) -> None:
    filled(store)
    with store.unit_of_work() as uow:
        uow.audits.put([SAID])
    with store.reader() as uow:
        assert uow.audits.of("p1") == []
