"""HELP as the whole message, row by row."""

import pytest

from bot.messages import CheckContext
from bot.rules.help_word import check
from tests.harness.mails import read

ROWS = [
    ("HELP", "", True), ("Aide !", "", True), ("  hilfe\n", "", True), ("?", "", True), ("", "INFO", True),
    ("Info.", "", True), ("¡Ayuda!", "", True), ("POMOC", "", True), ("aiuto", "", True), ("hulp", "", True),
    ("ajuda", "", True), ("HELP\n\n> Our offers. Reply STOP.", "", True), ("HELP\n-- \nAnne", "", True),
    ("help me unsubscribe", "", False), ("", "", False), ("STOP", "", False), ("helpful", "", False),
    ("HELP" + " " * 30 + "HELP", "", False), ("??", "", False), ("> HELP", "", False), ("STOP", "HELP", False),
    ("h e l p", "", True), ("help" + "!" * 50, "", False),
]


@pytest.mark.parametrize(("text", "subject", "asked"), ROWS)
def test_only_the_whole_message_counts(text: str, subject: str, asked: bool) -> None:
    assert (check(read(f"Subject: {subject}", text), CheckContext()) is not None) == asked
