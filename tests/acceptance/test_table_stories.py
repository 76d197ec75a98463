"""Rows of the table as stories on a real store: bytes in, changes and letters out."""

import email
from collections.abc import Iterator
from email.policy import default
from pathlib import Path

import pytest

from bot.bootstrap import open_storage, services
from bot.cli.demo import settings_for
from bot.gather import Services
from bot.intake import new_item
from bot.pipeline import process_next
from storage.records import Capacity, ChannelKind, Handle, OutboxItem, Party

JIM = Handle(ChannelKind.EMAIL, "jim@example.net")


@pytest.fixture
def given(tmp_path: Path) -> Iterator[Services]:
    settings = settings_for(tmp_path, 1)
    store = open_storage(settings)
    yield services(settings, store)
    store.close()


def receive(given: Services, text: str, sender: str = "sue@example.net", headers: str = "",
            to: str = "privacy@shop.example") -> list[OutboxItem]:
    """Process one mail; the letters it made, the sender's first."""
    raw = f"From: {sender}\r\nTo: {to}\r\nSubject: hello\r\n{headers}\r\n{text}\r\n".encode()
    item = new_item(raw, channel=ChannelKind.EMAIL, source="test", external_id=given.new_id(), envelope={},
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
