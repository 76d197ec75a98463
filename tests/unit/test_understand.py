"""The first reader knows little and says so."""

import pytest

from nlp.intents import Intent
from nlp.understand import understand
from nlp.understanding import Context, Flag, Thread


@pytest.mark.parametrize("text", [
    "STOP", "stop.", "Arrêt !", "Stop. Thank you", "STOP SMS", "désinscrivez-moi", "🛑 STOP 🛑",
])
def test_a_stop_in_any_dress(text: str) -> None:
    assert understand(text, Context()).intents == (Intent.UNSUBSCRIBE,)


@pytest.mark.parametrize("text", ["We have got to STOP this terrible bill", "I will stop by the shop", "Hello"])
def test_a_stop_inside_a_sentence_is_nothing(text: str) -> None:
    assert understand(text, Context()).intents == (Intent.OTHER,)


def test_a_yes_only_answers_a_request() -> None:
    assert understand("Oui", Context()).intents == (Intent.OTHER,)
    assert understand("Oui", Context(thread=Thread.RECONSENT)).intents == (Intent.GRANT,)


def test_a_negated_or_limited_stop_is_read_by_a_person() -> None:
    assert understand("Please do not take me off the list", Context()).abstained
    assert understand("Je ne veux plus recevoir vos SMS, sauf les urgences", Context()).abstained


def test_threats_are_flagged() -> None:
    assert Flag.LEGAL_THREAT in understand("Supprimez mes données ou je saisis la CNIL", Context()).flags
