"""One normal form: the quick way and the library say the same, and what cannot be is refused without being repeated."""

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot import contact_points
from bot.clock import ordered_id
from bot.contact_points import FAST, NotAContactPoint, email, email_as_written, phone
from storage.records import ChannelKind

COUNTRIES = (*FAST, "IT", "GB", "US", "LU", "")
DIGITS = st.text("0123456789", min_size=4, max_size=13)
WRITTEN = st.builds(lambda start, code, rest, mark: start + code + mark + rest,
                    st.sampled_from(["+", "00", "0", "", "(0)"]),
                    st.sampled_from(["", "33", "32", "49", "31", "41", "43", "34", "351", "48", "39", "44", "1"]),
                    DIGITS,
                    st.sampled_from(["", " ", ".", "-", "(0)"]))


def by_the_library(text: str, country: str) -> str | None:
    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if parsed.extension or not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@given(WRITTEN, st.sampled_from(COUNTRIES))
@settings(max_examples=2000, deadline=None)
@example("0497949978", "DE")
@example("+4949495857147", "BE")
@example("06 12 34 56 78", "FR")
def test_a_number_is_what_the_library_makes_of_it(text: str, country: str) -> None:
    expected = by_the_library(text, country)
    if expected is not None:
        assert phone(text, country) == expected
        return
    with pytest.raises(NotAContactPoint) as caught:
        phone(text, country)
    assert text not in str(caught.value)


@given(st.integers(0, 10**9 - 1))
@settings(deadline=None)
def test_french_numbers_in_each_writing_are_one(number: int) -> None:
    bare = f"{number:09}"
    expected = by_the_library(f"+33{bare}", "FR")
    spaced = f"{bare[0]} {bare[1:3]} {bare[3:5]} {bare[5:7]} {bare[7:]}"
    if expected is None:
        return
    for text in (f"0{spaced}", f"+33 {spaced}", f"0033{bare}", f"0{spaced.replace(' ', '.')}", f"+33(0){bare}",
                 f"+33-{bare}"):
        assert phone(text, "FR") == expected


@pytest.mark.parametrize(("text", "value"), [
    ("Anna.B+news@Example.ORG ", "anna.b+news@example.org"), ("x@straße.de", "x@xn--strae-oqa.de"),
    ("x@BÜCHER.example", "x@xn--bcher-kva.example"), ("jürgen@example.org", "jürgen@example.org"),
    ("ju\u0308rgen@example.org", "jürgen@example.org"), ("o'neil@example.org", "o'neil@example.org")])
def test_an_address_has_one_form(text: str, value: str) -> None:
    assert email(text) == value
    assert email(value) == value
    assert email_as_written(text) == value, "what a mail's From gives is what a file gives"


@given(st.from_regex(r"[a-zA-Z0-9!#$%&'*+/=?^_`{|}~.-]{1,20}@[a-zA-Z0-9.-]{1,30}", fullmatch=True))
@settings(max_examples=500, deadline=None)
def test_the_quick_way_is_the_library_s(text: str) -> None:
    from email_validator import EmailNotValidError, validate_email
    try:
        validate_email(text.lower(), check_deliverability=False, test_environment=True, globally_deliverable=False)
        valid = "." in text.rpartition("@")[2].strip(".")
    except EmailNotValidError:
        valid = False
    if valid:
        assert email(text) == text.lower()
        return
    with pytest.raises(NotAContactPoint) as caught:
        email(text)
    assert text not in str(caught.value)


@pytest.mark.parametrize("text", ["anna", "a b@example.org", "a@b@c", "a@b", "@example.org", "a@[127.0.0.1]",
                                  "a@example.org; b@example.org", "Anna <a@example.org>", "a..b@example.org"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(NotAContactPoint):
        email(text)


def test_other_kinds() -> None:
    assert contact_points.handle(ChannelKind.CHAT, " 123456 ", "FR").value == "123456"
    first = contact_points.handle(ChannelKind.POST, "1  rue de la Paix\n75002 Paris", "FR")
    assert first == contact_points.handle(ChannelKind.POST, "1 RUE DE LA PAIX\r\n\r\n 75002  paris", "FR")
    for kind in ChannelKind:
        for text in ("", "a\0b@example.org", "\x1b[0m"):
            with pytest.raises(NotAContactPoint):
                contact_points.handle(kind, text, "FR")
    assert phone("6.12345678E8", "FR") == phone("612345678.0", "FR") == "+33612345678"


def test_hints_only_suggest() -> None:
    assert contact_points.hint("info@acme.example") == "generic"
    assert contact_points.hint("anna@gmail.com") == "free_mail"
    assert not contact_points.hint("anna@acme.example")


def test_ordered_ids_are_in_order() -> None:
    made = [ordered_id() for _ in range(1000)]
    assert len(set(made)) == 1000
    assert [each[:18] for each in made] == sorted(each[:18] for each in made)
