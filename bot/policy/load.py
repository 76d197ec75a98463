"""Regime rows from TOML: the law's rule for a country, channel, capacity and date."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from storage.records import Capacity, ChannelKind


@dataclass(frozen=True, slots=True)
class Regime:
    """One row, with its citation; the id is stored with each decision because law changes."""

    id: str
    country: str
    channels: tuple[str, ...]
    capacity: Capacity
    rule: str
    since: date
    citation: str
    confidence: str


@cache
def regimes() -> tuple[Regime, ...]:
    """Every row of every file, in file order."""
    folder = files("bot.policy") / "regimes"
    texts = (item.read_text("utf-8") for item in folder.iterdir() if item.name.endswith(".toml"))
    return tuple(_regime(row) for text in texts for row in tomllib.loads(text)["regime"])


def _regime(row: dict[str, object]) -> Regime:
    since = row["from"]
    channels = row["channels"]
    assert isinstance(since, date)  # noqa: S101 - our own file
    assert isinstance(channels, list)  # noqa: S101 - our own file
    return Regime(str(row["id"]), str(row["country"]), tuple(channels), Capacity(str(row["capacity"])),
                  str(row["rule"]), since, str(row["citation"]), str(row["confidence"]))


def regime_for(country: str, channel: ChannelKind, capacity: Capacity, on: date) -> str:
    """The id of the row in force; "strict-opt-in" when no row is known (fail closed)."""
    return next((row.id for row in regimes() if row.country == country and channel in row.channels
                 and row.capacity is capacity and row.since <= on), "strict-opt-in")
