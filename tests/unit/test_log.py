"""Logs are JSON and hold no personal data."""

import io
import json

import pytest

from bot import log


@pytest.mark.parametrize("text", ["jo@example.org", "<Jo.Doe+x@mail.example>", "+33 6 12 34 56 78", "06.12.34.56.78"])
def test_people_are_redacted(text: str) -> None:
    assert text.strip("<>") not in log.redact(f"from {text} today")


@pytest.mark.parametrize("text", ["2026-11-24T03:00:00Z", "127.0.0.1:2424", "3 of 25", "withdraw"])
def test_the_rest_is_kept(text: str) -> None:
    assert log.redact(text) == text


def test_a_line() -> None:
    stream = io.StringIO()
    log.configure(stream)
    log.get().info("decided", row="stop", who={"to": ["jo@example.org"]}, payload=b"x")
    line = json.loads(stream.getvalue())
    assert line["event"] == "decided"
    assert line["who"] == {"to": ["[email]"]}
    assert "payload" not in line


def test_a_traceback_is_redacted() -> None:
    stream = io.StringIO()
    log.configure(stream)
    try:
        raise ValueError("no jo@example.org")
    except ValueError:
        log.get().exception("failed")
    assert "ValueError" in stream.getvalue()
    assert "jo@" not in stream.getvalue()
