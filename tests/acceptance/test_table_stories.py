"""Rows of the table as stories on a real store: bytes in, changes and letters out."""

import dataclasses
import email
from collections.abc import Iterator
from datetime import timedelta
from email.policy import default
from pathlib import Path

import pytest

from bot.bootstrap import open_storage, services
from bot.cli.demo import settings_for
from bot.gather import Services
from bot.intake import new_item
from bot.pipeline import process_next
from storage.records import Capacity, ChannelKind, Handle, InboxStatus, OutboxItem, Party
from tests.harness.reader import scripted

JIM = Handle(ChannelKind.EMAIL, "jim@example.net")


@pytest.fixture
def given(tmp_path: Path) -> Iterator[Services]:
    settings = settings_for(tmp_path, 1)
    store = open_storage(settings)
    yield dataclasses.replace(services(settings, store), understand=scripted())
    store.close()


def receive(given: Services, text: str, sender: str = "sue@example.net", headers: str = "",
            to: str = "privacy@shop.example", path: str | None = None) -> list[OutboxItem]:
    """Process one mail; the letters it made, the sender's first."""
    raw = f"From: {sender}\r\nTo: {to}\r\nSubject: hello\r\n{headers}\r\n{text}\r\n".encode()
    envelope = {} if path is None else {"mail_from": path, "rcpt_to": [to]}
    item = new_item(raw, channel=ChannelKind.EMAIL, source="test", external_id=given.new_id(), envelope=envelope,
                    received_at=given.clock(), item_id=given.new_id())
    with given.store() as uow:
        assert uow.inbox.add(item)
        before = {letter.id for letter in uow.outbox.list()}
        uow.commit()
    assert process_next(given, item.id) is not None
    with given.store() as uow:
        return [letter for letter in reversed(uow.outbox.list()) if letter.id not in before]


def consents(given: Services, address: str) -> set[tuple[str, str]]:
    with given.store() as uow:
        parties = uow.parties.by_handle(Handle(ChannelKind.EMAIL, address))
        return {(state.purpose, state.channel) for party in parties for state in uow.ledger.states(party.id)
                if state.status.valid}


def words(letter: OutboxItem) -> str:
    body = email.message_from_bytes(letter.payload, policy=default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_two_wishes_get_one_mail_that_answers_both(given: Services) -> None:
    (letter,) = receive(given, "Please unsubscribe me. And send me a copy of my data.")
    assert "takes effect now" in words(letter)
    assert "access to your data" in words(letter)


def test_a_right_is_asked_back_when_nobody_vouches_for_the_sender_known_or_not(given: Services) -> None:
    with given.store() as uow:
        uow.parties.add(Party("p1", Capacity.CONSUMER), JIM)
        uow.commit()
    (known,) = receive(given, "What do you hold on me? Please send me a copy of my data.", JIM.value)
    (unknown,) = receive(given, "What do you hold on me? Please send me a copy of my data.", "ann@example.net")
    assert known.template == unknown.template == "identity_challenge"
    with given.store() as uow:
        requests = uow.requests.list()
    assert [request.status for request in requests] == ["identity_required"] * 2
    texts = [words(letter) for letter in (known, unknown)]
    for request in requests:
        texts = [text.replace(request.id, "ID") for text in texts]
    assert texts[0] == texts[1]


def test_a_no_about_another_address_asks_that_address_once_and_only_if_we_know_it(given: Services) -> None:
    (only,) = receive(given, "Please take me off your list, and jim@example.net too.")
    assert only.recipient.value == "sue@example.net"
    with given.store() as uow:
        uow.parties.add(Party("p1", Capacity.CONSUMER), JIM)
        uow.commit()
    own, asked = receive(given, "Once more: take me off your list, and jim@example.net too.")
    assert asked.recipient == JIM
    assert asked.template == "stop_challenge"
    assert "In-Reply-To" not in email.message_from_bytes(asked.payload)
    assert words(own).partition("Since")[0] == words(only).partition("Since")[0]
    assert [each.recipient.value for each in receive(given, "take me off, and jim@example.net too, please")] == [
        "sue@example.net"]
    with given.store() as uow:
        assert not uow.suppression.find(JIM)
    reply = f"In-Reply-To: {asked.message_id}\r\n"
    (confirmed,) = receive(given, "STOP", JIM.value, reply)
    assert confirmed.template == "objection_confirmed"
    with given.store() as uow:
        assert uow.suppression.find(JIM)


def test_double_opt_in_from_wish_to_consent(given: Services) -> None:
    (asked,) = receive(given, "Inscrivez-moi à la newsletter.", "marie@example.org")
    assert asked.template == "subscribe_asked"
    thread, reply_to = f"In-Reply-To: {asked.message_id}\r\n", email.message_from_bytes(asked.payload)["Reply-To"]
    (again,) = receive(given, "Oui", "marie@example.org", thread)
    assert again.template == "click_asked"  # nobody vouches for this sender: a yes is never guessed
    assert not consents(given, "marie@example.org")
    twice = f"In-Reply-To: {again.message_id}\r\n"
    assert receive(given, "Oui", "marie@example.org", twice) == []
    (other,) = receive(given, "Oui", "thief@example.org", thread, reply_to)
    assert other.recipient.value != "thief@example.org"
    assert not consents(given, "marie@example.org")
    (confirmed,) = receive(given, "Oui", "marie@example.org", thread, reply_to)
    assert confirmed.template == "grant_confirmed"
    assert consents(given, "marie@example.org") == {("newsletter", "email"), ("offers", "email")}


def stopped(given: Services, address: str) -> set[bool]:
    """Whether each stop on file is provisional."""
    with given.store() as uow:
        return {bool(each["provisional"]) for each in uow.suppression.find(Handle(ChannelKind.EMAIL, address))}


def waiting(given: Services) -> int:
    """How many mails a reviewer has to read."""
    with given.store() as uow:
        return uow.inbox.count().get(InboxStatus.HELD, 0)


def test_a_gateways_list_unsubscribe_loses_no_no_and_stops_the_answer(given: Services) -> None:
    added = "List-Unsubscribe: <mailto:leave@gateway.example>\r\n"
    assert receive(given, "STOP", headers=added) == []
    assert stopped(given, "sue@example.net") == {False}
    assert waiting(given) == 0


def test_who_writes_to_privacy_as_a_group_is_heard_and_answered(given: Services) -> None:
    group = "List-Id: <privacy.shop.example>\r\nList-Post: <mailto:privacy@shop.example>\r\nPrecedence: list\r\n"
    (letter,) = receive(given, "Please unsubscribe me.", headers=group)
    assert letter.template == "objection_confirmed"
    assert stopped(given, "sue@example.net") == {False}


def test_a_group_that_rewrites_from_hides_no_no(given: Services) -> None:
    rewritten = "\"'Sue' via Privacy\" <privacy@shop.example>"
    assert receive(given, "Please unsubscribe me.", rewritten, "X-Original-From: sue@example.net\r\n") == []
    assert waiting(given) == 1


@pytest.mark.parametrize(("headers", "sender", "path"), [
    ("Auto-Submitted: auto-generated\r\n", "sue@example.net", None), ("", "postmaster@example.net", None),
    ("", "noreply@example.net", None), ("Precedence: bulk\r\n", "sue@example.net", None), ("", "sue@example.net", ""),
    ("Return-Path: <>\r\n", "sue@example.net", None)])
def test_a_plain_no_that_looks_automatic_pauses_and_waits_for_a_reviewer(
        given: Services, headers: str, sender: str, path: str | None) -> None:
    assert receive(given, "Please unsubscribe me.", sender, headers, path=path) == []
    assert stopped(given, sender) == {True}
    assert waiting(given) == 1


@pytest.mark.parametrize("headers", ["Auto-Submitted: auto-replied\r\n", "Precedence: auto_reply\r\n",
                                     "List-Id: <gardeners.example.net>\r\n"])
def test_a_vacation_reply_and_a_list_footer_unsubscribe_nobody(given: Services, headers: str) -> None:
    text = "I left the company in May, please take me off your list.\r\nTo unsubscribe me, write to the list."
    assert receive(given, text, headers=headers) == []
    assert not stopped(given, "sue@example.net")
    assert waiting(given) == 0


def test_a_providers_button_unsubscribes_whom_we_wrote_to(given: Services) -> None:
    (letter,) = receive(given, "Inscrivez-moi à la newsletter.", "marie@example.org")
    box = f"unsub+{given.tokens.sign('unsub', letter.id, timedelta(days=1))}@shop.example"
    pressed = "Auto-Submitted: auto-generated\r\n"
    assert receive(given, "", "robot@provider.example", pressed, box, "") == []
    assert stopped(given, "marie@example.org") == {False}
    assert not stopped(given, "robot@provider.example")
    assert receive(given, "", "robot@provider.example", pressed, "unsub+forged@shop.example", "") == []
    assert stopped(given, "robot@provider.example") == {True}


def test_thanks_under_a_later_answer_is_no_yes_to_the_question_before(given: Services) -> None:
    (asked,) = receive(given, "Inscrivez-moi à la newsletter.", "marie@example.org")
    (told,) = receive(given, "What do you hold on me? Please send me a copy of my data.", "marie@example.org",
                      f"In-Reply-To: {asked.message_id}\r\nReferences: {asked.message_id}\r\n")
    back = email.message_from_bytes(told.payload)["Reply-To"]
    chain = f"In-Reply-To: {told.message_id}\r\nReferences: {asked.message_id} {told.message_id}\r\n"
    receive(given, "OK, thanks", "marie@example.org", chain, to=back)
    assert not consents(given, "marie@example.org")


def test_a_crafted_header_does_not_keep_a_no_from_being_read(given: Services) -> None:
    receive(given, "STOP", "sue@example.net", "Subject: =?utf-7?q?+2AA-?=\r\n")
    with given.store() as uow:
        assert uow.suppression.find(Handle(ChannelKind.EMAIL, "sue@example.net"))
