"""The proof's page says everything in both languages."""

import pytest

from bot.messages import Assurance
from nlp.intents import Intent
from storage.records import Capacity, EventTag, OutboxStatus, Provenance
from templates import LANGUAGES, _pages, page_language

TOLD = [language for language in LANGUAGES if page_language("proof", language) == language]


def words(language: str) -> dict[str, object]:
    return vars(_pages().get_template(f"proof/words.{language}.html").module)["words"]


def shape(value: object) -> object:
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    return len(value) if isinstance(value, list) else type(value)


def test_both_languages_have_the_same_words() -> None:
    assert sorted(TOLD) == ["en", "fr"]
    assert shape(words("fr")) == shape(words("en"))


@pytest.mark.parametrize("language", TOLD)
@pytest.mark.parametrize(("name", "values"), [
    ("tags", EventTag), ("capacities", Capacity), ("assurances", Assurance), ("intents", Intent),
    ("statuses", OutboxStatus), ("backdated", [*(each for each in Provenance if each != "witnessed"), "late"])])
def test_every_value_has_its_words(language: str, name: str, values: object) -> None:
    told = words(language)[name]
    assert isinstance(told, dict)
    assert set(told) == {str(each) for each in values}  # type: ignore[attr-defined]
    assert all(told.values())
