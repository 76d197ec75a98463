"""The pages name what is there: every path they mention exists, every intent and regime has its line."""

import re
from pathlib import Path

import pytest

from bot.policy.load import regimes
from nlp.intents import Intent

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMED = re.compile(r"`((?:bot|nlp|storage|templates|tests|docs|benchmarks)/[\w./*<>-]+)|\]\((?!https?:)([^)#]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_a_page_names_exists(page: Path) -> None:
    for quoted, linked in NAMED.findall(page.read_text("utf-8")):
        path = ROOT / quoted if quoted else page.parent / linked
        if "<" in str(path) or "NNN" in str(path):
            continue
        assert list(ROOT.glob(quoted)) if "*" in quoted else path.exists(), f"{page.name} names {quoted or linked}"


@pytest.mark.parametrize("source", sorted((ROOT / "bot").rglob("*.py")), ids=lambda path: path.name)
def test_every_page_the_code_names_exists(source: Path) -> None:
    for named in re.findall(r"docs/[\w/.-]+\.md", source.read_text("utf-8")):
        assert (ROOT / named).exists()


def test_every_intent_has_its_line() -> None:
    rows = re.findall(r"^\| (\w+) \|", (ROOT / "docs" / "intents.md").read_text("utf-8"), re.M)
    assert set(rows) - {"intent"} == {str(intent) for intent in Intent}


def test_every_country_with_regimes_is_named() -> None:
    text = (ROOT / "docs" / "regimes.md").read_text("utf-8")
    assert all(regime.country in text for regime in regimes())
