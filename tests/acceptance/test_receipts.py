"""A person says no, asks to receive, says yes; the receipt tells all of it: as a page, by its link, and as data."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from bot.bootstrap import open_storage, reviewing, tokens
from bot.cli import app
from bot.cli.demo import settings_for
from bot.clock import new_id, system_clock
from bot.intake import accept
from bot.pipeline import process_next
from bot.settings import Settings
from bot.tokens import Tokens
from bot.web import receipt as web
from bot.web.app import create
from bot.web.server import HttpServer
from nlp.intents import Intent
from nlp.understanding import Context, Scope, Understanding
from storage.chain import derive
from storage.records import (
    ALL,
    Capacity,
    ChannelKind,
    ConsentEvent,
    ConsentStatus,
    EventTag,
    Handle,
    Party,
)
from storage.store import Store

WHO = Handle(ChannelKind.EMAIL, "anne@example.org")
PROVEN = "Authentication-Results: mx.example; dmarc=pass header.from=example.org\r\n"
VOCABULARY = {  # W3C DPV 2.3, as far as it is used
    "dpv": {"ConsentRecord", "ConsentReceipt", "ConsentNotice", "DataSubject", "DataController", "Process",
            "DirectMarketing", "StorageCondition", "WithdrawConsent", "hasDataSubject", "hasNotice", "hasProcess",
            "hasPurpose", "hasPersonalData", "hasDataController", "hasRecipient", "hasLegalBasis", "hasJurisdiction",
            "hasStorageCondition", "hasDuration", "hasLocation", "hasRight", "hasConsentControl", "hasConsentStatus",
            "hasName", "hasAddress", "hasContact", "hasProcessing", "hasRecordOfActivity", "isIndicatedAtTime",
            "isIndicatedBy", "hasIndicationMethod", "ConsentGiven", "RenewedConsentGiven", "ConsentUnknown",
            "ConsentRequested", "ConsentRequestDeferred", "ConsentRefused", "ConsentWithdrawn", "ConsentRevoked",
            "ConsentExpired", "ConsentInvalidated"},
    "pd": {"EmailAddress", "TelephoneNumber", "PhysicalAddress", "Username", "Contact"},
    "eu-gdpr": {"A6-1-a", "A7-3", "A15", "A16", "A17", "A18", "A20", "A21", "A77"},
    "loc": {"FR"},
    "dct": {"identifier", "conformsTo", "created", "language", "date", "hasVersion", "description", "source", "title",
            "provenance"},
}


def reads(intent: Intent) -> Callable[[str, Context], Understanding]:
    def understand(text: str, context: Context) -> Understanding:
        return Understanding((intent,), 0.99, {}, Scope(), "fr", model_version="tiny-1")
    return understand


class Desk:
    """A store, and what comes in and goes out."""

    def __init__(self, folder: Path) -> None:
        given = settings_for(folder, 1)
        http = given.http.model_copy(update={"public_url": "https://privacy.shop.example"})
        mail = given.mail.model_copy(update={"authserv_ids": ["mx.example"]})
        self.settings: Settings = given.model_copy(update={"http": http, "mail": mail})
        self.store: Store = open_storage(self.settings)
        self.services = reviewing(self.settings, self.store)
        self.server: HttpServer | None = None

    def write(self, intent: Intent, fields: str = PROVEN, to: str = "privacy@shop.example") -> str:
        """One mail down the line; the plain text of the answer."""
        raw = f"{fields}From: {WHO.value}\r\nTo: {to}\r\nMessage-ID: <{new_id()}@x>\r\n\r\nwords\r\n"
        accept(raw.encode(), channel=ChannelKind.EMAIL, source="t", external_id=new_id(),
               envelope={"rcpt_to": [to]}, store=self.store.unit_of_work, clock=system_clock, new_id=new_id)
        process_next(replace(self.services, understand=reads(intent)))
        with self.store.reader() as uow:
            answer = message_from_bytes(uow.outbox.list(1)[0].payload, policy=default)
        body = answer.get_body(("plain",))
        self.back, self.asked = str(answer["Reply-To"]), str(answer["Message-ID"])
        return str(body.get_content()) if body else ""

    def browser(self) -> httpx.Client:
        """What a person uses, before a real server."""
        if self.server is None:
            pages = web.routes(self.settings, self.store.reader, tokens(self.settings), system_clock)
            self.server = HttpServer(create(self.store.reader, lambda: None, system_clock, pages), "127.0.0.1", 0)
            self.server.start()
            self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.server.port}", timeout=30)
        return self.client

    def close(self) -> None:
        if self.server is not None:
            self.client.close()
            self.server.stop()
        self.store.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.close()


def link(text: str) -> str:
    found = re.search(r"https://privacy\.shop\.example(/receipt/[a-z2-7]{48})", text)
    assert found, text
    return found[1]


def subscribed(desk: Desk) -> str:
    """A double opt-in; the confirmation."""
    desk.write(Intent.SUBSCRIBE)
    return desk.write(Intent.GRANT, f"{PROVEN}In-Reply-To: {desk.asked}\r\n", desk.back)


def test_a_confirmation_carries_the_link_and_the_page_says_what_was_decided(desk: Desk) -> None:
    path = link(desk.write(Intent.UNSUBSCRIBE))
    shown = desk.browser().get(path, headers={"accept-language": "fr"})
    assert shown.status_code == 200
    for words in ("Reçu de vos choix", "Non, consentement retiré", "toutes nos communications commerciales", "sha256:"):
        assert words in shown.text
    assert WHO.value not in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert "<script" not in shown.text


@pytest.mark.parametrize(("header", "language", "words"), [
    ("de-DE,de;q=0.9,en;q=0.8", "de", "Nein, Einwilligung widerrufen"), ("es", "es", "No, consentimiento retirado"),
    ("it", "it", "No, consenso revocato"), ("nl", "nl", "Nee, toestemming ingetrokken"),
    ("pt-BR", "pt", "Não, consentimento retirado"), ("pl", "pl", "Nie, zgoda wycofana"),
    ("sv, pl;q=0.5", "pl", "przez 3 lata"), ("sv", "en", "No, consent withdrawn"), ("", "en", "for 3 years"),
])
def test_the_page_is_in_the_readers_language(desk: Desk, header: str, language: str, words: str) -> None:
    controller = desk.settings.controller.model_copy(update={"languages": ["en"]})
    desk.settings = desk.settings.model_copy(update={"controller": controller})
    shown = desk.browser().get(link(desk.write(Intent.UNSUBSCRIBE)), headers={"accept-language": header}).text
    assert f'<html lang="{language}">' in shown
    assert words in shown
    assert "{{" not in shown


def test_a_yes_tells_the_words_it_answered(desk: Desk) -> None:
    path = link(subscribed(desk))
    page = desk.browser().get(path, headers={"accept-language": "en"}).text
    assert "Yes, renewed" in page
    assert "Répondez OUI à ce message pour les recevoir" in page
    assert "[handle]" in page, "the words without the person"
    record = desk.browser().get(f"{path}/record.jsonld").json()["dpv:hasRecordOfActivity"][0]
    notice, = record["dpv:hasNotice"]
    assert notice["dct:language"] == "fr"
    assert notice["@id"].startswith("urn:sha256:")


def terms(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key != "@context":
                yield key
                yield from terms(value)
    elif isinstance(node, list):
        for each in node:
            yield from terms(each)
    elif isinstance(node, str):
        yield node


def test_the_data_uses_only_terms_that_exist(desk: Desk) -> None:
    desk.write(Intent.UNSUBSCRIBE)
    path = link(subscribed(desk))
    answer = desk.browser().get(f"{path}/record.jsonld")
    assert answer.headers["content-type"] == "application/ld+json"
    made = answer.json()
    assert made["dct:conformsTo"] == "https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr"
    seen = [found.groups() for each in terms(made) if (found := re.fullmatch(r"([a-z-]+):([A-Za-z0-9-]+)", each))]
    assert len(seen) > 50
    for space, name in seen:
        if space not in ("urn", "mailto", "sha"):
            assert name in VOCABULARY[space], f"{space}:{name}"
    whole = next(each for each in made["dpv:hasRecordOfActivity"]
                 if each["dpv:hasProcess"][0]["dpv:hasPurpose"]["dct:title"] == "newsletter")
    assert [each["@type"] for each in whole["dpv:hasConsentStatus"]] == [
        "dpv:ConsentWithdrawn", "dpv:RenewedConsentGiven"], "the no to everything is part of its history"


def test_kantara_tells_the_same(desk: Desk) -> None:
    path = link(subscribed(desk))
    made = desk.browser().get(f"{path}/kantara.json").json()
    assert made["version"] == "KI-CR-v1.1.0"
    purpose = made["services"][0]["purposes"][0]
    assert (made["services"][0]["service"], purpose["consentType"]) == ("email", "EXPLICIT")


def test_a_stranger_learns_nothing(desk: Desk) -> None:
    path, browser = link(desk.write(Intent.UNSUBSCRIBE)), desk.browser()
    late = Tokens([derive(desk.settings.key, "tokens")], lambda: datetime.now(UTC) - timedelta(days=400))
    other = tokens(desk.settings)
    wrong = [path[:-1] + ("a" if path[-1] != "a" else "b"), "/receipt/x",
             f"/receipt/{other.sign('receipt', new_id(), timedelta(days=1))}",  # nobody
             f"/receipt/{other.sign('reply', new_id(), timedelta(days=1))}",  # for another use
             f"/receipt/{late.sign('receipt', new_id(), timedelta(days=1))}"]  # expired
    answers = [browser.get(each + tail) for each in wrong for tail in ("", "/record.jsonld", "/kantara.json")]
    assert {(each.status_code, each.text) for each in answers} == {(404, web.GONE)}


def test_no_public_address_no_link(desk: Desk) -> None:
    bare = desk.settings.model_copy(update={"http": desk.settings.http.model_copy(update={"public_url": None})})
    desk.services = replace(desk.services, settings=bare)
    assert "/receipt/" not in desk.write(Intent.UNSUBSCRIBE)


def test_every_status_has_its_term(desk: Desk) -> None:
    party = Party(new_id(), Capacity.CONSUMER)
    with desk.store.unit_of_work() as uow:
        uow.parties.add(party, WHO)
        for status in ConsentStatus:
            uow.ledger.append(ConsentEvent(
                EventTag.IMPORT, party.id, party.capacity, "newsletter", "email", ConsentStatus.UNKNOWN, status,
                system_clock(), "system", "FR-01", "import", "0" * 64, valid_until=system_clock()))
        uow.ledger.append(ConsentEvent(
            EventTag.ACKNOWLEDGE, party.id, party.capacity, ALL, ALL, ConsentStatus.UNKNOWN, ConsentStatus.UNKNOWN,
            system_clock(), "system", "FR-01", "webhook", "0" * 64))
        uow.commit()
    token = tokens(desk.settings).sign("receipt", party.id, timedelta(days=1))
    made = desk.browser().get(f"/receipt/{token}/record.jsonld").json()
    record, = made["dpv:hasRecordOfActivity"]
    assert len(record["dpv:hasConsentStatus"]) == len(ConsentStatus)


def test_the_command_line_gives_each_form(desk: Desk, tmp_path: Path) -> None:
    desk.write(Intent.UNSUBSCRIBE)
    config = tmp_path / "consentry.toml"
    config.write_text(f'secret = "{desk.settings.key.decode()}"\n[controller]\nname = "S"\ncontact = "c"\n[mail]\n'
                      f'address = "privacy@shop.example"\n[storage]\nurl = "{desk.settings.storage.url}"\n')

    def run(*words: str, given: str = "") -> tuple[int, str]:
        result = CliRunner().invoke(app, ["receipt", *words, "-c", str(config)], input=given)
        return result.exit_code, result.output or str(result.exception)

    status, page = run("-", given=f"email:{WHO.value}\n")
    assert (status, "Reçu de vos choix" in page) == (0, True)
    assert json.loads(run("email:" + WHO.value, "--format", "jsonld")[1])["@type"] == "dpv:ConsentReceipt"
    assert json.loads(run("email:" + WHO.value, "--format", "kantara")[1])["piiControllers"]
    assert run("email:" + WHO.value, "--out", str(tmp_path / "r.html"))[0] == 0
    assert "Reçu" in (tmp_path / "r.html").read_text("utf-8")
    for wrong in ("email:nobody@example.org", "pigeon:x", "x"):
        assert run(wrong)[0] != 0
        assert wrong.partition(":")[2] not in run(wrong)[1] or wrong == "x" or "pigeon" in wrong
