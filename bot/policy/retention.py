"""How long what is kept: the table of `retention.toml`, with what the operator says otherwise. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Literal

from bot.errors import OperatorError
from bot.policy.calendar import longer, shifted

Does = Literal["audit", "file", "proof", "message", "letter", "request", "call", "keep", "you"]


@dataclass(frozen=True, slots=True)
class Kept:
    """One row. `duration`: ISO 8601; `least`: the shortest lawful one, or ""; `reason`: why the operator differs."""

    id: str
    does: Does
    duration: str
    start: str
    citation: str
    confidence: str
    fr: str
    en: str
    least: str = ""
    reason: str = ""

    def before(self, now: datetime) -> datetime:
        """What began before this moment is over."""
        return shifted(now, self.duration, -1)


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What the operator says of one row."""

    duration: str
    reason: str = ""


@cache
def rows() -> tuple[Kept, ...]:
    """The table as the law and its authorities have it."""
    text = (files("bot.policy") / "retention.toml").read_text("utf-8")
    return tuple(Kept(**row) for row in tomllib.loads(text)["row"])


def table(otherwise: Mapping[str, Otherwise]) -> tuple[Kept, ...]:
    """The table with what the operator says otherwise.

    Raises OperatorError for a row that is not there, one kept longer without a reason, or for less than the law asks.
    """
    unknown = set(otherwise) - {row.id for row in rows()}
    if unknown:
        raise OperatorError(f"retention.rows.{min(unknown)} is not in the table: see `consentry retention --dry-run`.")
    return tuple(_changed(row, otherwise[row.id]) if row.id in otherwise else row for row in rows())


def _changed(row: Kept, said: Otherwise) -> Kept:
    if longer(said.duration, row.duration) and not said.reason.strip():
        raise OperatorError(f"retention.rows.{row.id} keeps for {said.duration}, longer than {row.duration}: say why "
                            "in its reason.")
    if row.least and longer(row.least, said.duration):
        raise OperatorError(f"retention.rows.{row.id} must be at least {row.least} ({row.citation}).")
    return replace(row, duration=said.duration, reason=said.reason)


def duration_of(kept: tuple[Kept, ...], row_id: str) -> str:
    """The duration of one row."""
    return next(row.duration for row in kept if row.id == row_id)


def proof_row(channel: str, regime: str) -> str:
    """Which row keeps the proof that a ledger entry is; the regime's row says the country."""
    country = regime.partition("-")[0]
    if channel == "phone" and country in ("FR", "DE"):
        return f"consent_proof_phone_{country.lower()}"
    return "consent_proof"
