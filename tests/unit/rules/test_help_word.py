"""HELP as the whole message."""

from datetime import UTC, datetime

import pytest

from bot.messages import CheckContext, InboundMessage
from bot.rules.help_word import check
from storage.records import ChannelKind


@pytest.mark.parametrize(("text", "subject", "asked"), [
    ("HELP", "", True), ("Aide !", "", True), ("  hilfe\n", "", True), ("?", "", True), ("", "INFO", True),
    ("help me unsubscribe", "", False), ("", "", False), ("STOP", "", False), ("helpful", "", False),
])
def test_only_the_whole_message_counts(text: str, subject: str, asked: bool) -> None:
    message = InboundMessage(inbox_id="1", channel=ChannelKind.SMS, source="t", raw_hash="0", fresh_text=text,
                             subject=subject, received_at=datetime(2026, 11, 24, tzinfo=UTC))
    assert (check(message, CheckContext()) is not None) == asked
