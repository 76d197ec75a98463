"""Registries are explicit; a module that is in none is never called."""

import importlib.metadata
import pkgutil
from pathlib import Path

import bot.campaigns.lint
import bot.campaigns.lint.rules
import bot.handlers
import bot.rules
from bot.policy.decision import Action
from bot.policy.table import ROWS
from nlp.intents import Intent

ROOT = Path(__file__).parents[2]


def modules(package: object) -> set[str]:
    return {name for _, name, _ in pkgutil.iter_modules(package.__path__)}  # type: ignore[attr-defined]


def test_every_handler_is_registered() -> None:
    registered = {module.__name__.rpartition(".")[2] for module in bot.handlers.HANDLERS}
    assert registered == modules(bot.handlers) - {"base"}


def test_every_action_but_ignore_has_a_handler() -> None:
    assert set(bot.handlers.BY_ACTION) == set(Action) - {Action.IGNORE}


def test_every_rule_is_registered_and_has_its_page() -> None:
    registered = {rule.__name__.rpartition(".")[2] for rule in bot.rules.RULES}
    assert registered == modules(bot.rules)
    assert {page.stem for page in (ROOT / "docs" / "rules").glob("*.md")} == registered


def test_every_intent_that_asks_for_something_is_in_the_table() -> None:
    assert {row.intent for row in ROWS} == set(Intent) - {Intent.AUTO_REPLY, Intent.OTHER}


def test_no_dependency_claims_one_of_our_names() -> None:
    owners = importlib.metadata.packages_distributions()
    for name in ("bot", "nlp", "storage", "templates"):
        assert set(owners.get(name, [])) <= {"consentry"}


def test_every_rule_of_honest_wording_is_registered_in_the_order_of_its_id() -> None:
    registered = {rule.__name__.rpartition(".")[2] for rule in bot.campaigns.lint.RULES}
    assert registered == modules(bot.campaigns.lint.rules)
    assert [rule.ID for rule in bot.campaigns.lint.RULES] == [f"DP{number:02}" for number in range(1, 17)]
    page = (ROOT / "docs" / "wording.md").read_text("utf-8")
    assert all(f"| {rule.ID} |" in page for rule in bot.campaigns.lint.RULES)
