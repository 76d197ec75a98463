"""Tokens survive an address's local part, and nothing else passes for one."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.tokens import LENGTH, Tokens

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
ROW = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"


def tokens(now: datetime = NOW, *keys: bytes) -> Tokens:
    return Tokens(keys or (b"k" * 32,), lambda: now)


def test_it_comes_back_whatever_a_mail_server_does_to_its_case() -> None:
    token = tokens().sign("reply", ROW, timedelta(days=30))
    assert tokens().verify(token, "reply") == tokens().verify(token.upper(), "reply") == ROW
    assert len(token) == LENGTH
    assert len(f"privacy+{token}") <= 64  # RFC 5321 4.5.3.1.1
    assert token.isalnum()


def test_one_purpose_does_not_serve_another() -> None:
    assert tokens().verify(tokens().sign("unsub", ROW, timedelta(days=1)), "reply") is None


def test_it_ends() -> None:
    token = tokens().sign("reply", ROW, timedelta(days=30))
    assert tokens(NOW + timedelta(days=30)).verify(token, "reply") == ROW
    assert tokens(NOW + timedelta(days=30, hours=1)).verify(token, "reply") is None


def test_keys_rotate() -> None:
    old = tokens(NOW, b"o" * 32).sign("reply", ROW, timedelta(days=1))
    assert tokens(NOW, b"n" * 32, b"o" * 32).verify(old, "reply") == ROW
    assert tokens(NOW, b"n" * 32).verify(old, "reply") is None


@given(st.integers(0, LENGTH - 1), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_no_letter_can_be_changed(place: int, letter: str) -> None:
    token = tokens().sign("reply", ROW, timedelta(days=1))
    forged = token[:place] + letter + token[place + 1:]
    assert (tokens().verify(forged, "reply") is None) == (forged != token)


@given(st.text(max_size=80))
def test_nothing_raises(text: str) -> None:
    assert tokens().verify(text, "reply") is None


@given(st.uuids(), st.integers(1, 3650))
def test_every_row_comes_back(row: uuid.UUID, days: int) -> None:
    assert tokens().verify(tokens().sign("unsub", str(row), timedelta(days=days)), "unsub") == str(row)


def test_only_ids_are_signed() -> None:
    with pytest.raises(ValueError, match="badly formed"):
        tokens().sign("reply", "anne@example.org", timedelta(days=1))
