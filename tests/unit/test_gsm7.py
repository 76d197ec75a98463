"""What an SMS costs, and the spelling that keeps it cheap."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates.gsm7 import BASIC, EXTENSION, is_gsm7, length, plain, segments

TABLE = {  # 3GPP TS 23.038 section 6.2.1, by code, where it is not ASCII
    0x00: "@", 0x01: "£", 0x02: "$", 0x03: "¥", 0x04: "è", 0x05: "é", 0x06: "ù", 0x07: "ì", 0x08: "ò", 0x09: "Ç",
    0x0A: "\n", 0x0B: "Ø", 0x0C: "ø", 0x0D: "\r", 0x0E: "Å", 0x0F: "å", 0x10: "Δ", 0x11: "_", 0x12: "Φ", 0x13: "Γ",
    0x14: "Λ", 0x15: "Ω", 0x16: "Π", 0x17: "Ψ", 0x18: "Σ", 0x19: "Θ", 0x1A: "Ξ", 0x1C: "Æ", 0x1D: "æ", 0x1E: "ß",
    0x1F: "É", 0x24: "¤", 0x40: "¡", 0x5B: "Ä", 0x5C: "Ö", 0x5D: "Ñ", 0x5E: "Ü", 0x5F: "§", 0x60: "¿", 0x7B: "ä",
    0x7C: "ö", 0x7D: "ñ", 0x7E: "ü", 0x7F: "à",
}
LATIN = st.characters(min_codepoint=0xC0, max_codepoint=0x17F, categories=("Lu", "Ll")).filter(
    lambda char: unicodedata.normalize("NFKD", char)[0].isascii())


def test_the_alphabet_is_the_standards() -> None:
    assert "".join(TABLE.get(code, chr(code)) for code in range(128) if code != 0x1B) == BASIC
    assert set(EXTENSION) == set("\f^{}\\[~]|€")


@pytest.mark.parametrize("char", BASIC)
def test_a_basic_character_is_one_septet(char: str) -> None:
    assert (is_gsm7(char), length(char)) == (True, 1)


@pytest.mark.parametrize("char", EXTENSION)
def test_an_extension_character_is_two(char: str) -> None:
    assert (is_gsm7(char), length(char)) == (True, 2)


@pytest.mark.parametrize("char", "çêëâîïôûœÈÀ«»’…–ąćęłńóśźżãõáíúłŁ")
def test_one_of_these_costs_the_message_its_alphabet(char: str) -> None:
    assert not is_gsm7(char)
    assert [segments("a" * 69 + char), segments("a" * 70 + char)] == [1, 2]
    assert is_gsm7(plain(char))


@pytest.mark.parametrize(("text", "wanted"), [
    ("", 1), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 80, 1), ("€" * 81, 2),
    ("a" * 152 + "€" + "a" * 152, 3),  # the euro sign does not fit the first part's last septet
    ("ê" * 70, 1), ("ê" * 71, 2), ("ê" * 134, 2), ("ê" * 135, 3), ("😀" * 35, 1), ("😀" * 36, 2),
    ("ê" * 66 + "😀" + "ê" * 66, 3),
])
def test_segments(text: str, wanted: int) -> None:
    assert segments(text) == wanted


@pytest.mark.parametrize(("text", "wanted"), [
    ("reçu à l’hôtel, sœur", "recu à l'hotel, soeur"), ("Zażółć gęślą jaźń", "Zazolc gesla jazn"),
    ("Não, “obrigado”… às 10 h", 'Nao, "obrigado"... às 10 h'), ("cafe\u0301", "café"), ("Straße – 1º", "Straße - 1o"),
    ("Привет 😀", "Привет 😀"), ("«¿Sí?»", '"¿Si?"'),
])
def test_plain_spelling(text: str, wanted: str) -> None:
    assert plain(text) == wanted


@given(st.text())
def test_spelling_is_settled_at_once_and_never_dearer(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert not is_gsm7(text) or once == text
    assert segments(once) >= 1


@given(st.text(st.sampled_from(BASIC + EXTENSION)))
def test_a_text_in_the_alphabet_stays_and_its_parts_hold_it(text: str) -> None:
    assert plain(text) == text
    assert length(text) == sum(2 if each in EXTENSION else 1 for each in text)
    assert length(text) <= (160 if segments(text) == 1 else 153 * segments(text))


@given(st.text(LATIN))
def test_accented_letters_of_europe_have_a_spelling(text: str) -> None:
    assert is_gsm7(plain(text))
