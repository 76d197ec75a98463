"""Findings in words (`reasons.toml`)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from bot.campaigns.lint.model import Finding

LANGUAGES = ("en", "fr")
FRENCH = {"button": "bouton", "link": "lien", "box": "case", "fill": "fond", "ink": "mots", "yes": "oui", "no": "non"}


@cache
def catalogue() -> dict[str, dict[str, dict[str, list[str]]]]:
    """Rule, reason, language: why, and how to mend it."""
    return tomllib.loads((Path(__file__).parent / "reasons.toml").read_text("utf-8"))


def _words(finding: Finding, language: str) -> list[str]:
    return catalogue()[finding.rule][finding.reason][language if language in LANGUAGES else "en"]


def why(finding: Finding, language: str = "en") -> str:
    """What is wrong, in one sentence."""
    values = {name: FRENCH.get(value, value) if language == "fr" else value for name, value in finding.values.items()}
    return _words(finding, language)[0].format_map(values)


def fix(finding: Finding, language: str = "en") -> str:
    """What to do about it, in one sentence."""
    return _words(finding, language)[1]
