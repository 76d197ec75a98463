"""What the stores say of handles: one asked alone, and the same asked with thousands."""

from datetime import timedelta

from bot.clock import new_id
from storage.memory_files import same
from storage.records import (
    ALL,
    Capacity,
    ChannelKind,
    ConsentStatus,
    Handle,
    HandleFacts,
    Party,
    Relation,
    Source,
)
from storage.unit_of_work import UnitOfWork
from tests.contract.conftest import ANNA, NOW, AnyStore, event

SMS, PHONE = Handle(ChannelKind.SMS, "+33612345678"), Handle(ChannelKind.PHONE, "+33612345678")
NOBODY = Handle(ChannelKind.EMAIL, "nobody@example.org")
HOSTILE = Handle(ChannelKind.EMAIL, "<a\0\ud800é@x>")
RELATION = Relation("pro", Source.PERSON, NOW, at_sale=True, refusal_offered=True, last_sale_at=NOW,
                    contract_until=NOW + timedelta(days=9), asked_at=None, last_contact_at=NOW - timedelta(days=1))


def fill(uow: UnitOfWork) -> None:
    uow.parties.add(Party("pro", Capacity.PROFESSIONAL, "Shop", "fr", "FR", "67", "Europe/Paris"), ANNA)
    uow.parties.add(Party("anna", Capacity.CONSUMER, country="FR"), ANNA)
    uow.parties.add(Party("anna", Capacity.CONSUMER), SMS)
    uow.relations.put(Relation("pro"))
    uow.relations.put(RELATION)
    uow.ledger.append(event(ConsentStatus.GIVEN, "anna", "newsletter", "email", NOW - timedelta(days=2)))
    uow.ledger.append(event(ConsentStatus.WITHDRAWN, "pro"))
    uow.suppression.add(ANNA, "stop", NOW, channel=ALL, purpose=ALL)
    uow.suppression.add(ANNA, "pause", NOW, channel="sms", purpose=ALL, provisional=True)
    uow.suppression.add(SMS, "stop", NOW, channel="sms", purpose=ALL)
    uow.calls.add(SMS, NOW - timedelta(days=3))
    uow.calls.add(PHONE, NOW)
    uow.calls.add(PHONE, NOW - timedelta(days=90))
    uow.parties.set_handle_validity(NOBODY, valid=False)


def test_one_handle_has_two_files_and_all_that_is_kept_of_it(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        fill(uow)
        uow.commit()
    with store.reader() as uow:
        known = uow.files.of(ANNA)
        assert [file.party.id for file in known.files] == ["anna", "pro"], "consumer first"
        assert known.files[1].party == Party("pro", Capacity.PROFESSIONAL, "Shop", "fr", "FR", "67", "Europe/Paris")
        assert [file.relation for file in known.files] == [None, RELATION]
        assert [[*file.states] for file in known.files] == [uow.ledger.states("anna"), uow.ledger.states("pro")]
        assert ordered(known) == sorted(uow.suppression.find(ANNA), key=str)
        assert (known.valid, known.calls) == (True, ())
        assert uow.relations.get("pro") == RELATION
        assert uow.relations.get("anna") is None


def ordered(known: HandleFacts) -> list[object]:
    return sorted(known.suppressions, key=str)


def test_a_number_is_one_number_however_it_is_reached(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        fill(uow)
        since = NOW - timedelta(days=60)
        for each in (SMS, PHONE):
            known = uow.files.of(each, since)
            assert [file.party.id for file in known.files] == ["anna"]
            assert [entry["reason"] for entry in known.suppressions] == ["stop"]
            assert sorted(known.calls) == [NOW - timedelta(days=3), NOW]
            assert uow.calls.since(each, since) == [NOW - timedelta(days=3), NOW]
        assert uow.calls.forget(since) == 1
        assert uow.calls.forget(since) == 0
        uow.parties.set_handle_validity(SMS, valid=False)
        assert not uow.files.of(PHONE).valid


def test_who_is_not_on_file_has_no_file_and_may_be_invalid(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        fill(uow)
        assert uow.files.of(NOBODY) == HandleFacts(valid=False)
        assert uow.files.of(HOSTILE) == HandleFacts()
        assert uow.files.of_many([NOBODY, HOSTILE]) == [HandleFacts(valid=False), HandleFacts()]
        assert uow.files.of_many([]) == []


def test_many_asked_at_once_get_what_each_gets_alone(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        fill(uow)
        asked = [ANNA, SMS, PHONE, NOBODY, HOSTILE]
        for number in range(50):
            handle = Handle(ChannelKind.EMAIL, f"p{number}@example.org")
            uow.parties.add(Party(f"p{number}", Capacity.CONSUMER), handle)
            uow.ledger.append(event(ConsentStatus.GIVEN, f"p{number}", "newsletter", "email"))
            asked.append(handle)
        for since in (None, NOW - timedelta(days=60)):
            for handle, found in zip(asked, uow.files.of_many(asked, since), strict=True):
                alone = uow.files.of(handle, since)
                assert found.files == alone.files
                assert ordered(found) == ordered(alone)
                assert sorted(found.calls) == sorted(alone.calls)
                assert found.valid == alone.valid


def test_handles_come_each_once_in_order_and_page_by_page(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        fill(uow)
        for name in ("Zoe", "anna2", "a-b", "éva"):
            uow.parties.add(Party(new_id(), Capacity.CONSUMER), Handle(ChannelKind.EMAIL, f"{name}@example.org"))
        kinds = [ChannelKind.SMS, ChannelKind.EMAIL]
        whole = uow.files.handles(kinds, None, 100)
        assert [each.value for each in whole] == ["Zoe@example.org", "a-b@example.org", "anna2@example.org",
                                                  ANNA.value, "éva@example.org", SMS.value]
        paged, last = [], None
        while page := uow.files.handles(kinds, last, 2):
            paged += page
            last = page[-1]
        assert paged == whole
        assert uow.files.suppressed() == 2


def test_the_twin_of_a_number_is_the_other_kind() -> None:
    assert same(SMS) == same(PHONE) == (SMS, PHONE)
    assert same(ANNA) == (ANNA,)
