"""Codes in words: reasons, conditions, rules and confidence marks (`bot/policy/reasons.toml`), French and English."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

LACKS = "lacks_"
_LACKING = {"fr": "condition non établie : ", "en": "not established: "}
LANGUAGES = tuple(_LACKING)

Words = Mapping[str, Mapping[str, str]]  # code -> language -> words


@cache
def _tables() -> Mapping[str, Words]:
    table: Mapping[str, Words] = tomllib.loads((files("bot.policy") / "reasons.toml").read_text("utf-8"))
    return table


def codes(table: str) -> frozenset[str]:
    """The codes of one table: reason, condition, rule or confidence."""
    return frozenset(_tables()[table])


def in_words(table: str, code: str, language: str = "en") -> str:
    """A code's words; English for a language that is not there. Raises KeyError for an unknown code."""
    told = _tables()[table][code]
    return told.get(language, told["en"])


def reason_in_words(code: str, language: str = "en") -> str:
    """Why a permission is given or refused, without personal data."""
    if code.startswith(LACKS):
        return _LACKING.get(language, _LACKING["en"]) + in_words("condition", code.removeprefix(LACKS), language)
    return in_words("reason", code, language)
