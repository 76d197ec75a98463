"""In which language we answer: the message's; what is too short to tell, the file's; else the organisation's."""

from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from bot.bootstrap import open_storage, services
from bot.cli.demo import settings_for
from bot.clock import new_id, system_clock
from bot.intake import accept
from bot.pipeline import process_next
from bot.settings import Settings
from nlp.intents import Intent
from nlp.replies import exact, tongue
from nlp.understand import reader
from nlp.understanding import Context, Thread
from storage.records import Capacity, ChannelKind, Handle, OutboxItem, Party

WHO, OTHER = (Handle(ChannelKind.EMAIL, f"{name}@example.org") for name in ("anna", "olga"))


def settings_of(folder: Path, *languages: str) -> Settings:
    given = settings_for(folder, 1)
    return given.model_copy(update={"controller": given.controller.model_copy(update={"languages": list(languages)})})


def answers(settings: Settings, body: str, filed: str | None = None, other: str | None = None) -> list[OutboxItem]:
    """What is queued when Anna, on file in that language or unknown, writes this."""
    store = open_storage(settings)
    try:
        with store.unit_of_work() as uow:
            for handle, language in ((WHO, filed), (OTHER, other)):
                if language is not None:
                    uow.parties.add(Party(new_id(), Capacity.CONSUMER, language=language), handle)
            uow.commit()
        head = f"From: {WHO.value}\r\nTo: privacy@shop.example\r\nContent-Type: text/plain; charset=utf-8"
        raw = f"{head}\r\n\r\n{body}\r\n"
        accept(raw.encode(), channel=ChannelKind.EMAIL, source="t", external_id=new_id(), envelope={},
               store=store.unit_of_work, clock=system_clock, new_id=new_id)
        assert process_next(services(settings, store)) is not None
        with store.reader() as uow:
            return list(uow.outbox.list(10))
    finally:
        store.close()


@pytest.mark.parametrize(("body", "filed", "wanted", "greeting"), [
    ("STOP", "pl", "pl", "Dzień dobry!"), ("STOP STOP STOP STOP", "pl", "pl", "Dzień dobry!"),
    ("Stop, thank you", "pl", "pl", "Dzień dobry!"), ("stopp", "pl", "pl", "Dzień dobry!"),
    ("unsubscribe", "pt-BR", "pt", "Estimado(a) Senhor(a),"), ("STOP", None, "nl", "Goedendag,"),
    ("Bitte abmelden", None, "de", "Guten Tag!"), ("darme de baja", "en", "es", "Buenos días:"),
    ("Non voglio più ricevere la vostra pubblicità, grazie", "pl", "it", "Buongiorno,"),
])
def test_the_answer_is_in_the_persons_language(tmp_path: Path, body: str, filed: str | None, wanted: str,
                                               greeting: str) -> None:
    item, = answers(settings_of(tmp_path, "nl", "en"), body, filed)
    mail = message_from_bytes(item.payload, policy=default)
    text = mail.get_body(("plain",))
    assert (item.language, mail["Content-Language"]) == (wanted, wanted)
    assert text is not None
    assert text.get_content().startswith(greeting)


def test_an_organisation_without_words_of_its_own_language_answers_in_its_next(tmp_path: Path) -> None:
    item, = answers(settings_of(tmp_path, "sv", "de"), "STOP")
    assert item.language == "de"


def test_who_is_asked_for_another_is_asked_in_their_own_language(tmp_path: Path) -> None:
    found = answers(settings_of(tmp_path, "fr"), f"Please stop writing to {OTHER.value}, she left us.", other="pl")
    asked, = [item for item in found if item.template == "stop_challenge"]
    assert (asked.recipient, asked.language) == (OTHER, "pl")


@pytest.mark.parametrize(("text", "wanted"), [
    ("Nein, danke", "de"), ("wypisz mnie", "pl"), ("oui", "fr"), ("sim", "pt"), ("stop a la pub", "fr"),
    ("stop reklamom", "pl"), ("STOP", None), ("stopp", None), ("ja", None), ("basta", None), ("ok", None),
    ("yes", None), ("cancel", None), ("no", None), ("my parcel", None),
])
def test_an_exact_reply_tells_its_language_when_only_one_has_it(text: str, wanted: str | None) -> None:
    assert tongue(text) == wanted


def test_a_yes_among_several_languages_is_answered_in_the_one_on_file() -> None:
    for hint in ("de", "nl", "fr"):
        found = reader().understand("Ja", Context(thread=Thread.RECONSENT, language_hint=hint))
        assert (found.intents, found.language) == ((Intent.GRANT,), hint)
    assert exact("Ja", Thread.RECONSENT) is Intent.GRANT
