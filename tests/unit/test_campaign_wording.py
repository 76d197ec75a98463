"""The ready wording: eight languages, the same names, one version for the same words."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from jinja2 import UndefinedError

from bot.campaigns.lint import reasons, words
from bot.campaigns.lint.model import Context
from bot.campaigns.lint.words import find
from bot.campaigns.wording import NAME, Draft, check, notice_of
from storage.records import ChannelKind
from templates import LANGUAGES, campaign
from templates.gsm7 import is_gsm7, segments

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def draft(language: str, rows: int) -> Draft:
    mail = campaign.render(language, campaign.example(language, rows))
    sms = campaign.render(language, campaign.example_sms(language)).sms
    return Draft(mail.subject, mail.text, mail.html, sms, mail.chat)


def mail(language: str, rows: int) -> Draft:
    return replace(draft(language, rows), sms="")


@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_ready_wording_passes_every_rule_without_a_browser(language: str, rows: int) -> None:
    given = campaign.example(language, rows)
    asked = given["rows"]
    assert isinstance(asked, list)
    context = Context(language=language, sender=str(given["sender"]))
    found = check(mail(language, rows), context, browser=None)
    assert [each.rule for each in found] == ["DP00"]
    for each in asked:  # one purpose and channel at a time, as a campaign of one asks
        context = Context(language=language, purposes=(each["purpose"],), channels=(each["channel"],))
        assert [f.rule for f in check(mail(language, rows), context, browser=None)] == ["DP00"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sms_passes_and_is_one_message(language: str) -> None:
    sms = draft(language, 1).sms
    assert is_gsm7(sms)
    assert segments(sms) == 1
    assert not check(Draft(sms=sms), Context(language=language, sender="Example"), browser=None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_subject_fits(language: str) -> None:
    assert len(draft(language, 1).subject) <= 78


def test_every_name_a_wording_uses_is_in_the_catalogue_and_the_other_way_round() -> None:
    used: set[str] = set()
    for path in campaign.FOLDER.rglob("*.*"):
        if path.suffix in (".txt", ".html"):
            used |= set(re.findall(r"(?:{{|{%-? (?:for \w+ in|if)) *(\w+)", path.read_text("utf-8")))
    own = {"row", "answers", "cell", "link", "label", "detail", "yes_text", "no_text", "answer", "language", "notice"}
    assert used - own == set(campaign.variables()) - {"rows"} | {"rows"}


def test_a_missing_value_is_an_error_and_an_unknown_language_too() -> None:
    with pytest.raises(UndefinedError):
        campaign.render("fr", {})
    with pytest.raises(KeyError):
        campaign.render("ja", {})


def test_values_are_escaped_in_html() -> None:
    hostile = campaign.example("en") | {"sender": "<script>alert(1)</script>"}
    assert "<script>" not in campaign.render("en", hostile).html


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_exact_words_are_kept_without_anybodys_data(language: str) -> None:
    notice = notice_of(language, NOW)
    assert (notice.name, notice.language, notice.since) == (NAME, language, NOW)
    assert len(notice.id) == 64
    assert "[sender]" in notice.text
    assert "consent.example" not in notice.text
    assert notice_of(language, NOW) == notice


def test_each_language_has_its_own_version() -> None:
    assert len({notice_of(language, NOW).version for language in LANGUAGES}) == len(LANGUAGES)


def test_every_language_has_every_kind_of_phrase() -> None:
    for language in LANGUAGES:
        for kind in words.kinds():
            assert words.phrases(language, kind), (language, kind)
            for phrase in words.phrases(language, kind):
                assert find(phrase.replace("*", "").replace(" ... ", " x "), language, kind), phrase


def test_every_reason_is_said_in_both_languages() -> None:
    for rule in reasons.catalogue().values():
        for said in rule.values():
            assert {language: len(each) for language, each in said.items()} == {"en": 2, "fr": 2}


def test_a_chat_message_is_checked_as_one() -> None:
    found = check(Draft(chat="Yes?"), Context(channel=ChannelKind.EMAIL), browser=None)
    assert "chat" in {each.where for each in found}
