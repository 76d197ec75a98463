"""Piles and reasons of the audit in words (`bot/policy/audit.toml`), French and English."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def _tables() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    table: Mapping[str, Mapping[str, Mapping[str, str]]] = tomllib.loads(
        (files("bot.policy") / "audit.toml").read_text("utf-8"))
    return table


def codes(table: str) -> frozenset[str]:
    """The codes of one table: pile, meaning or reason."""
    return frozenset(_tables()[table])


def said(table: str, code: str, language: str) -> str:
    """A code's words; English for a language that is not there, the code itself when nobody knows it any more."""
    told = _tables()[table].get(code, {})
    return told.get(language) or told.get("en", code)
