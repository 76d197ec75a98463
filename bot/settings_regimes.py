"""Sections of the settings about the law: what the controller does, how it reads the rows, what it sends."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Sectors = Literal["energy_renovation", "home_adaptation", "press", "charity", "charity_lottery"]
Reason = Annotated[str, Field(min_length=10, max_length=500)]


class LawSection(BaseModel):
    """A table of the file: unknown keys are mistakes, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RegimeSwitches(LawSection):
    """Where sources of the law conflict; the default is the strict reading (`docs/regimes.md`)."""

    year: Literal["365_days", "calendar"] = "365_days"
    account_without_purchase: Literal["consent", "customer"] = "consent"
    home_adaptation_calls: Literal["2025-07-02", "2026-08-11"] = "2025-07-02"
    sms_hours: Literal["10-20", "8-20", "8-22"] = "10-20"
    automata_to_sole_traders: Literal["consent", "opt_out"] = "consent"
    call_back: Literal["banned_sectors", "any_sector"] = "banned_sectors"


class RegimeOverride(LawSection):
    """One row as the operator reads it; `parameters` are the row's limits by name."""

    reason: Reason
    rule: Literal["opt_in", "soft_opt_out", "opt_out", "register", "banned", "free"] | None = None
    since: date | None = None
    until: date | None = None
    conditions: list[str] | None = None
    parameters: dict[str, Any] = {}


class RegimePurpose(LawSection):
    """What is true of everything sent for one purpose; what is not declared is not so."""

    analogous: bool = False
    own: bool = False
    refusal_in_each: bool = False
    related_to_profession: bool = False
    non_commercial: bool = False
    contract: bool = False
    call_back: bool = False
    account: bool = False
    published: bool = False
    legal_persons: bool = False
    reserved_prefix: bool = False


class Regimes(LawSection):
    """The controller's sectors, switches, overrides by the row's id, and facts by purpose."""

    sectors: list[Sectors] = []
    switches: RegimeSwitches = RegimeSwitches()
    overrides: dict[str, RegimeOverride] = {}
    purposes: dict[str, RegimePurpose] = {}
