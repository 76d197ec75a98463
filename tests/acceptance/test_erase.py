"""A person is erased: nothing names them any more, and their no still holds."""

import dataclasses
import sqlite3
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from bot.bootstrap import reviewing
from bot.clock import system_clock
from bot.erasure import forget
from bot.workers.housekeep import housekeep
from nlp.intents import Intent
from storage.records import (
    ALL,
    Capacity,
    ChannelKind,
    ConsentEvent,
    ConsentStatus,
    EventTag,
    Handle,
    InboxStatus,
    Invitation,
    OutboxStatus,
    Party,
)
from storage.schema import metadata
from storage.verify import verify_ledger
from tests.harness.proofs import WHO, Desk

SECRET = "Xanthippe told me about your spam"
OTHER = Handle(ChannelKind.EMAIL, "bob@example.net")
ERASE = ("erase", f"email:{WHO.value}", "--reason", "asked for it", "--by", "zoe")


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.chdir(tmp_path)
    made = Desk(tmp_path, f"sqlite:///{tmp_path}/s.sqlite3" if request.param == "sqlite"
                else request.getfixturevalue("postgres_url"))
    yield made
    made.close()


def known(desk: Desk) -> str:
    """Anna said no, asked what we hold, had a doubtful message decided, was invited; Bob wrote too. Her party's id."""
    desk.write(SECRET)
    desk.write(SECRET, Intent.ACCESS)
    held = desk.write(f"perhaps {SECRET}", sure=False)
    desk.says("inbox", "decide", held, "other", "--by", "zoe")
    desk.write("Bob's words", who=OTHER.value)
    party, now = desk.party(), system_clock()
    with desk.store.unit_of_work() as uow:
        uow.parties.set_handle_validity(WHO, valid=False)
        uow.invitations.add(Invitation("i1", party.id, WHO, ("offers",), "email", "<q@shop.example>", now, now, "n"))
        for item in uow.outbox.list():
            if item.recipient == WHO:
                uow.outbox.mark(item.id, OutboxStatus.FAILED, error=f"550 {WHO.value} is unknown")
        uow.commit()
    return party.id


def everything(desk: Desk) -> str:
    """Every value of every table, as text; bytes as latin-1."""
    with desk.store.engine.connect() as connection:
        return "\n".join(
            bytes(value).decode("latin-1") if isinstance(value, (bytes, memoryview)) else str(value)
            for table in metadata.sorted_tables for row in connection.execute(table.select()) for value in row)


def test_nothing_names_them_any_more_and_the_chain_verifies(desk: Desk) -> None:
    party = known(desk)
    before = everything(desk)
    assert WHO.value in before
    assert SECRET in before
    said = desk.says(*ERASE)
    assert "Gone: 1 their messages" in said
    assert "2 messages that prove a choice or a request, sealed, until" in said
    assert "Not ours to erase" in said
    after = everything(desk)
    for trace in (WHO.value, WHO.value.upper(), SECRET, "anna", "Xanthippe"):
        assert trace.lower() not in after.lower(), trace
    assert OTHER.value in after, "Bob is still there"
    assert "Bob's words" in after
    assert "every one verified" in desk.says("ledger", "verify")
    with desk.store.reader() as uow:
        assert uow.parties.get(party) is None
        entries = uow.ledger.by_party(party)
        assert {str(entry.event.tag) for entry in entries} >= {"consent:object", "party:erase"}
        assert all(not entry.event.personal for entry in entries)
        assert entries[-1].event.actor == "staff:zoe"
        assert [request.handle.value for request in uow.requests.list()] == [""], "the case stays, the address goes"
        assert not uow.examples.count()
        assert uow.suppression.find(WHO), "the no holds"
        assert verify_ledger(uow.ledger).ok


def test_the_file_itself_has_no_byte_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that were freed, moved records, the log: nothing is left anywhere in the folder of the database."""
    monkeypatch.chdir(tmp_path)
    desk = Desk(tmp_path, f"sqlite:///{tmp_path}/s.sqlite3")
    known(desk)
    for _ in range(30):
        desk.write(SECRET + " again" * 400)
    wrapped = sqlite3.connect(tmp_path / "s.sqlite3").execute(
        "SELECT wrapped FROM party_key WHERE party_id = ?", (desk.party().id,)).fetchone()[0]
    needles = (WHO.value.encode(), b"anna.okonjo", SECRET.encode(), SECRET.encode()[:12], wrapped)
    assert all(any(needle in path.read_bytes() for path in tmp_path.glob("s.sqlite3*")) for needle in needles)
    desk.says(*ERASE)
    for path in tmp_path.glob("s.sqlite3*"):
        content = path.read_bytes().lower()
        assert not [needle for needle in needles if needle.lower() in content], path.name
    desk.close()


def test_a_dry_run_says_the_same_and_changes_nothing(desk: Desk) -> None:
    known(desk)
    before = everything(desk)
    would = desk.says(*ERASE, "--dry-run")
    assert everything(desk) == before
    did = desk.says(*ERASE)
    assert would.replace("Would go", "Gone") == did


def test_a_later_stop_still_works_and_an_import_stays_blocked(desk: Desk) -> None:
    old = known(desk)
    desk.says(*ERASE)
    desk.write("STOP", Intent.UNSUBSCRIBE)
    with desk.store.reader() as uow:
        new = uow.parties.by_handle(WHO)[0]
        assert new.id != old
        assert [state.status for state in uow.ledger.states(new.id)] == [ConsentStatus.WITHDRAWN]
    with desk.store.unit_of_work() as uow:  # as an import would bring the address back
        assert any(row["channel"] == ALL and not row["provisional"] for row in uow.suppression.find(WHO))


def test_an_answer_to_an_old_mail_of_ours_is_from_whoever_writes_it(desk: Desk) -> None:
    """The token still opens the row, which names nobody any more: the sender's no is recorded, on their own file."""
    known(desk)
    with desk.store.reader() as uow:
        back = next(str(message_from_bytes(item.payload)["Reply-To"]) for item in uow.outbox.list()
                    if item.recipient == WHO)
    desk.says(*ERASE)
    desk.write("STOP", Intent.UNSUBSCRIBE, fields=f"To: {back}\r\n")
    with desk.store.reader() as uow:
        assert [state.status for state in uow.ledger.states(uow.parties.by_handle(WHO)[0].id)] == [
            ConsentStatus.WITHDRAWN]
        assert not uow.parties.by_handle(Handle(ChannelKind.EMAIL, ""))


def test_who_asks_to_be_erased_wants_no_marketing_either(desk: Desk) -> None:
    desk.write("erase me", Intent.ERASURE)
    with desk.store.unit_of_work() as uow:
        if not uow.parties.by_handle(WHO):
            uow.parties.add(Party("anna", Capacity.CONSUMER), WHO)
            uow.ledger.append(ConsentEvent(
                EventTag.GRANT, "anna", Capacity.CONSUMER, "newsletter", "email", ConsentStatus.UNKNOWN,
                ConsentStatus.GIVEN, system_clock(), "person", "FR-01", "grant", "0" * 64, {"handle": WHO.value}))
        uow.commit()
    desk.says(*ERASE)
    with desk.store.reader() as uow:
        assert [(row["channel"], row["purpose"], row["provisional"]) for row in uow.suppression.find(WHO)
                if row["reason"] == "party:erase"] == [(ALL, ALL, False)]
        asked = uow.ledger.entries()[-1].event.source_hash
        assert uow.erasures.archived(asked) is not None, "that they asked is archived too"


def test_the_proof_of_an_erased_person_is_still_whole(desk: Desk) -> None:
    party = known(desk)
    desk.says(*ERASE)
    assert "2 entries, 1 messages" in desk.says("proof", party, "--out", "p.zip")
    assert "Whole" in desk.run("proof", "--verify", "p.zip").output
    with zipfile.ZipFile(desk.folder / "p.zip") as archive:
        messages = [archive.read(name) for name in archive.namelist() if name.startswith("messages/")
                    and name.endswith(".eml")]
        page = archive.read("proof.html").decode()
    assert any(SECRET.encode() in raw for raw in messages), "the archived message is opened for the proof"
    assert "This person was erased" in page


def test_without_an_archive_nothing_can_be_opened(desk: Desk) -> None:
    known(desk)
    with desk.store.reader() as uow:
        digest = uow.ledger.entries()[0].event.source_hash
    told = desk.told(*ERASE, "--without-archive")
    assert (told["archived"], told["shredded"]) == (0, True)
    with desk.store.reader() as uow:
        assert uow.erasures.archived(digest) is None
        left = uow.inbox.by_hash(digest)
        assert left is not None
        assert left.raw == b""
    assert "every one verified" in desk.says("ledger", "verify")


def test_what_is_not_decided_or_not_sent_comes_first(desk: Desk) -> None:
    desk.write(SECRET, sent=False)
    assert "still to be sent" in desk.refused(*ERASE)
    with desk.store.unit_of_work() as uow:
        for item in uow.outbox.list():
            uow.outbox.mark(item.id, OutboxStatus.SENT)
        uow.commit()
    held = desk.write("I have had enough", sure=False)
    said = desk.refused(*ERASE)
    assert held in said
    assert "a no may be in them" in said
    desk.says("inbox", "decide", held, "unsubscribe")
    with desk.store.unit_of_work() as uow:
        for item in uow.outbox.list():
            uow.outbox.mark(item.id, OutboxStatus.SENT)
        uow.commit()
    assert "Gone" in desk.says(*ERASE)


def test_the_reason_stays_for_good_so_it_names_nobody(desk: Desk) -> None:
    known(desk)
    for reason in (f"{WHO.value.upper()} asked", "she wrote from a@b", "", " ", "x" * 201, "two\nlines"):
        assert desk.refused("erase", f"email:{WHO.value}", "--reason", reason, "--by", "zoe")
    with desk.store.reader() as uow:
        assert uow.parties.by_handle(WHO), "nothing was done"


def test_once_is_enough_and_twice_does_no_harm(desk: Desk) -> None:
    party = known(desk)
    desk.says(*ERASE)
    assert "Nobody has that address" in desk.refused(*ERASE)
    before = everything(desk)
    assert "erased before" in desk.says("erase", party, "--reason", "again", "--by", "zoe")
    assert everything(desk) == before


def test_another_file_of_the_same_address_keeps_what_it_rests_on(desk: Desk) -> None:
    with desk.store.unit_of_work() as uow:
        uow.parties.add(Party("home", Capacity.CONSUMER), WHO)
        uow.parties.add(Party("work", Capacity.PROFESSIONAL, organisation="Acme"), WHO)
        uow.commit()
    desk.write(SECRET)
    told = desk.told("erase", "home", "--reason", "asked for it", "--by", "zoe")
    assert (told["archived"], told["elsewhere"]) == (0, 1)
    with desk.store.reader() as uow:
        assert [party.id for party in uow.parties.by_handle(WHO)] == ["work"]
        assert uow.ledger.by_party("work")[0].event.personal["handle"] == WHO.value
        assert not uow.ledger.by_party("home")[0].event.personal
        assert SECRET.encode() in uow.inbox.list(list(InboxStatus))[0].raw


def test_a_message_of_somebody_else_that_names_them_is_left_and_told(desk: Desk) -> None:
    known(desk)
    desk.write(f"please stop writing to {WHO.value}", Intent.OTHER, who=OTHER.value)
    assert "1 messages of other people that name the address" in desk.says(*ERASE)


def test_what_is_archived_goes_when_its_time_is_over(desk: Desk) -> None:
    party = known(desk)
    desk.says(*ERASE)
    now = system_clock()
    with desk.store.unit_of_work() as uow:
        assert forget(uow, now + timedelta(days=5 * 365)) == 0
        assert forget(uow, now + timedelta(days=5 * 366 + 2)) == 2
        assert forget(uow, now + timedelta(days=5 * 366 + 2)) == 0
        assert [str(entry.event.tag) for entry in uow.ledger.by_party(party)][-2:] == ["retention:delete"] * 2
        assert uow.erasures.archived(uow.ledger.entries()[0].event.source_hash) is None
        assert verify_ledger(uow.ledger).ok


def test_housekeeping_signs_and_forgets(desk: Desk) -> None:
    party = known(desk)
    desk.says(*ERASE)
    services = reviewing(desk.settings, desk.store)
    housekeep(services, desk.store.reader)
    housekeep(services, desk.store.reader)
    with desk.store.reader() as uow:
        assert len(uow.checkpoints.list()) == 1, "a day has not passed"
    later = dataclasses.replace(services, clock=lambda: system_clock() + timedelta(days=2000))
    housekeep(later, desk.store.reader)
    housekeep(later, desk.store.reader)
    with desk.store.reader() as uow:
        assert len(uow.checkpoints.list()) == 2
        assert uow.ledger.by_party(party)[-1].event.tag is EventTag.DELETE
        assert verify_ledger(uow.ledger, None, None, uow.checkpoints).ok
