"""Every message in every language, as mail, SMS and chat, as the person reads it: see `tests/golden/templates/`.

`CONSENTRY_WRITE_GOLDEN=1` writes the files again; read the difference before you keep it.
"""

import os
import re
import tomllib
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Literal

import pytest
from jinja2 import Environment, UndefinedError, meta

import templates
from bot import wording
from nlp.intents import Intent
from nlp.language import language as language_of
from nlp.replies import exact
from nlp.understanding import Thread
from storage.records import Capacity, ChannelKind, ConsentStatus, Party, RightsArticle
from templates import LANGUAGES, NAMES, Rendered, page_language, render, short, words
from templates.gsm7 import is_gsm7, length, segments

GOLDEN = Path(__file__).parents[1] / "golden" / "templates"
GIVEN: dict[str, object] = {
    "handle": "anne.martin@example.org", "purposes": ["newsletter", "<offers> & more"], "channels": ["e-mail", "SMS"],
    "capacities": ["private person", "representative of <Acme>"],
    "since": "23/11/2026 10:00 CET", "due": "23/12/2026", "undo_address": "privacy+token@shop.example",
    "controller": "Demo <Shop>", "contact": "privacy@shop.example", "authority": "CNIL",
    "authority_url": "https://www.cnil.fr/plaintes", "reference": "r-1",
    "receipts": ["", "https://privacy.shop.example/receipt/token"], "narrow": True, "article_words": "article 15",
    "link": "",
}
LINK = "https://privacy.shop.example/a/" + "x" * 9
ANSWERS = {"fr": ("OUI", "NON"), "en": ("YES", "NO"), "de": ("JA", "NEIN"), "es": ("SÍ", "NO"), "it": ("SÌ", "NO"),
           "nl": ("JA", "NEE"), "pt": ("SIM", "NÃO"), "pl": ("TAK", "NIE")}
PERSUASION = re.compile(  # a confirmation sells nothing and regrets nothing (US rule; the CNIL on dark patterns)
    r"(?i)\b(offers? you|discount|sorry to see|miss you|exclusi\w+|profitez|promotion|réduction|regrett\w+|dommage|"
    r"rabatt|angebot\w*|schade|verpassen|descuento|lástima|oferta\w*|sconto|offert[ae]|peccato|korting|aanbieding\w*|"
    r"jammer|desconto|pena|rabat\w*|promocj\w*|szkoda|gratis!|!{2,})\b")


def as_text(rendered: Rendered) -> str:
    return f"{rendered.subject}\n\n{rendered.text}\n{'-' * 20}\n{rendered.html}"


def valued(language: str) -> dict[str, object]:
    """The longest values a small organisation has: a name of 20 characters, the longest right and date."""
    days = [datetime(2026, month, day, 12, tzinfo=UTC) for month in range(1, 13) for day in (1, 28)]
    return GIVEN | {
        "controller": "Maison Martin et Cie", "channels": wording.channels(["all"], language),
        "purposes": wording.purposes(["all"], language),
        "article_words": max(words(language)["article"].values(), key=len),
        "due": max((wording.day(day, language, "FR") for day in days), key=len), "reference": "r" * 36}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_the_words_are_those_that_were_read(name: str, language: str) -> None:
    mail = as_text(render([(name, GIVEN)], language))
    forms = [("sms", ""), ("sms", LINK), ("chat", "")]
    said = [short(name, language, valued(language) | {"link": link}, kind) for kind, link in forms]
    path, text = GOLDEN / f"{name}.{language}.txt", "\n\n".join([mail, "-" * 20, *said]) + "\n"
    if os.environ.get("CONSENTRY_WRITE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")
    assert "<offers>" not in mail.partition("-" * 20)[2]


def test_several_things_are_said_in_one_mail_each_once() -> None:
    rendered = render([("rights_acknowledged", GIVEN), ("objection_confirmed", GIVEN)], "en")
    assert rendered.subject == "Your request is recorded"
    for body in (rendered.text, rendered.html):
        assert body.count("has reached us") == body.count("takes effect now") == body.count("Hello,") == 1


def test_another_language_is_answered_in_english() -> None:
    assert render([("help", GIVEN)], "sv") == render([("help", GIVEN)], "en")
    assert short("help", "sv", GIVEN, "sms") == short("help", "en", GIVEN, "sms")


@pytest.mark.parametrize("kind", ["mail", "sms", "chat"])
def test_the_words_of_a_question_are_kept_as_they_were_put(kind: Literal["mail", "sms", "chat"]) -> None:
    language, text = templates.wording("subscribe_asked", "pl", kind)
    assert language == "pl"
    assert "TAK" in text
    assert ("[controller]" if kind != "chat" else "[purposes]") in text


def test_a_missing_variable_is_an_error_not_a_hole() -> None:
    with pytest.raises(UndefinedError):
        render([("help", {"controller": "x"})], "en")


def test_the_catalogue_is_complete() -> None:
    catalogue = tomllib.loads((templates.FOLDER.parent / "catalogue.toml").read_text("utf-8"))
    assert sorted(catalogue["message"]) == list(NAMES)
    assert set(catalogue["variables"]) == set(GIVEN) == templates.variables()
    for name in NAMES:
        for language in LANGUAGES:
            assert {path.name for path in (templates.FOLDER / name / language).iterdir()} == {
                "subject.txt", "body.txt", "body.html", "sms.txt", "chat.txt"}


def test_templates_use_only_the_catalogues_names() -> None:
    used: set[str] = set()
    for path in templates.FOLDER.rglob("*.*"):
        used |= meta.find_undeclared_variables(Environment().parse(path.read_text("utf-8")))
    assert used - {"said"} == set(GIVEN)


EVERY = list(product(NAMES, LANGUAGES))


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_an_sms_is_one_segment_of_gsm7_as_it_is_written(name: str, language: str) -> None:
    assert is_gsm7((templates.FOLDER / name / language / "sms.txt").read_text("utf-8"))
    for link in ("", LINK):
        text = short(name, language, valued(language) | {"link": link}, "sms")
        assert (is_gsm7(text), segments(text)) == (True, 1), (length(text), text)
        assert text.startswith("Maison Martin et Cie")
        assert text.endswith(link), "a telephone takes a full stop after a link for a part of it"


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_a_chat_message_is_short_and_is_not_cut_by_escapes(name: str, language: str) -> None:
    text = short(name, language, valued(language) | {"receipts": []}, "chat")
    assert len(text) <= 600, len(text)
    assert "  " not in text
    assert ("<offers> & more" in short(name, language, GIVEN, "chat")) == (
        "purposes" in used(name, language, "chat.txt"))


def used(name: str, language: str, file: str) -> set[str]:
    text = (templates.FOLDER / name / language / file).read_text("utf-8")
    return meta.find_undeclared_variables(Environment().parse(text))


@pytest.mark.parametrize("file", ["subject.txt", "body.txt", "body.html", "sms.txt", "chat.txt"])
@pytest.mark.parametrize("name", NAMES)
def test_every_language_says_the_same_things(name: str, file: str) -> None:
    assert len({frozenset(used(name, language, file)) for language in LANGUAGES}) == 1


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_each_text_is_in_its_language(name: str, language: str) -> None:
    given = GIVEN | {"purposes": ["-"], "channels": ["-"], "since": "", "receipts": [], "article_words": "-",
                     "controller": "-", "authority": "-", "handle": "-", "contact": "-", "undo_address": "-",
                     "authority_url": "-", "reference": "-", "due": "-"}
    mail = render([(name, given)], language)
    sentences = [each for each in re.split(r"(?<=[.?:])\s+|\n", mail.text) if len(each.split()) >= 8]
    assert sentences
    found = [(language_of(each), each) for each in [mail.text, short(name, language, given, "chat"), *sentences]]
    assert [each for each in found if each[0] != language] == []


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_nothing_is_sold_and_nothing_regretted(name: str, language: str) -> None:
    mail = render([(name, GIVEN)], language)
    for text in (mail.subject, mail.text, *(short(name, language, GIVEN, kind) for kind in ("sms", "chat"))):
        assert PERSUASION.search(text.replace("<offers>", "")) is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["click_asked", "subscribe_asked"])
def test_the_yes_and_the_no_we_print_are_read_as_such(name: str, language: str) -> None:
    yes, no = ANSWERS[language]
    texts = [render([(name, GIVEN)], language).text, short(name, language, GIVEN, "chat")]
    for text in texts:
        assert re.search(rf"\b{yes}\b", text)
        assert re.search(rf"\b{no}\b", text)
    sms = short(name, language, GIVEN, "sms")
    printed = re.findall(r"\b[A-Z]{2,4}\b", sms.removeprefix("Demo <Shop>"))
    assert len(printed) == 2, sms
    for said, wanted in zip((yes, no, *printed), (Intent.GRANT, Intent.REFUSE) * 2, strict=True):
        assert exact(said, Thread.RECONSENT) is wanted
        assert exact(said, Thread.NONE) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_stop_is_stop_wherever_it_is_offered(language: str) -> None:
    for name in ("stop_challenge", "grant_confirmed", "help"):
        texts = (render([(name, GIVEN)], language).text, short(name, language, GIVEN, "sms"),
                 short(name, language, GIVEN, "chat"))
        assert all(re.search(r"\bSTOP\b", text) for text in texts)
    assert exact("STOP", Thread.RECONSENT) is exact("STOP", Thread.NONE) is Intent.UNSUBSCRIBE


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_has_its_words(language: str) -> None:
    told = words(language)
    assert set(told["channel"]) == {"all", *ChannelKind}
    assert set(told["status"]) == set(ConsentStatus)
    assert set(told["article"]) == set(RightsArticle)
    assert set(told["capacity"]) == set(Capacity)
    assert len(set(told["date"]["months"])) == 12
    assert {len(forms) for forms in told["unit"].values()} == {3 if language == "pl" else 2}
    assert page_language("receipt", language) == language


@pytest.mark.parametrize(("language", "first", "at"), [
    ("fr", "1er mars 2026", "23 novembre 2026 à 10:00 CET"), ("en", "1 March 2026", "23 November 2026 at 10:00 CET"),
    ("de", "1. März 2026", "23. November 2026 um 10:00 Uhr (CET)"),
    ("es", "1 de marzo de 2026", "23 de noviembre de 2026, 10:00 h (CET)"),
    ("it", "1º marzo 2026", "23 novembre 2026, ore 10:00 (CET)"),
    ("nl", "1 maart 2026", "23 november 2026 om 10:00 uur (CET)"),
    ("pt", "1 de março de 2026", "23 de novembro de 2026, 10:00 (CET)"),
    ("pl", "1 marca 2026 roku", "23 listopada 2026 roku, godz. 10:00 (CET)"),
])
def test_dates_as_people_write_them(language: str, first: str, at: str) -> None:
    assert wording.day(datetime(2026, 3, 1, 12, tzinfo=UTC), language, "FR") == first
    assert wording.moment(datetime(2026, 11, 23, 9, tzinfo=UTC), language, "FR") == at


@pytest.mark.parametrize(("iso", "language", "wanted"), [
    ("P1Y", "fr", "1 an"), ("P3Y", "de", "3 Jahre"), ("P6M", "pt", "6 meses"), ("P1D", "it", "1 giorno"),
    ("P1Y", "pl", "1 rok"), ("P3Y", "pl", "3 lata"), ("P5Y", "pl", "5 lat"), ("P13M", "pl", "13 miesięcy"),
    ("P24M", "pl", "24 miesiące"), ("P21D", "pl", "21 dni"), ("P112Y", "pl", "112 lat"),
])
def test_durations(iso: str, language: str, wanted: str) -> None:
    assert wording.duration(iso, language) == wanted


@pytest.mark.parametrize(("filed", "wanted"), [
    (["pl"], "pl"), ([None, "PL"], "pl"), (["pt-BR"], "pt"), (["sv", "de_AT"], "de"), (["sv"], None), ([], None),
])
def test_the_language_on_file(filed: list[str | None], wanted: str | None) -> None:
    assert wording.language_on_file(Party("p", Capacity.CONSUMER, language=each) for each in filed) == wanted
