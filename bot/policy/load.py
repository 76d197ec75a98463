"""Rows of the law from TOML, checked once: what is misspelt, incomplete or said twice is an error."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date, time
from functools import cache
from importlib.resources import files
from itertools import combinations
from typing import Any

from bot.policy.conditions import CONDITIONS
from bot.policy.permission_types import Addressee, Means, Sector
from bot.policy.regime import STRICT, Customer, Form, Matter, Mention, Parameters, Regime, Rule, Withdrawal
from storage.records import Capacity, ChannelKind

CONFIDENCES = ("S", "S2", "G+", "G", "G-", "D")
_TABLES = {"regime", "form", "withdrawal"}
_ROW = {"id", "means", "capacity", "rule", "citation", "confidence", "from", "to", "customer", "matter", "sector",
        "conditions", "with_consent", "unless", "note"}
_NEEDED = {"id", "means", "capacity", "rule", "citation", "confidence"}
_PARAMETERS = {each.name for each in fields(Parameters)}
_CAPACITIES = {"any": tuple(Addressee),
               "professional": (Addressee.PROFESSIONAL_NAMED, Addressee.PROFESSIONAL_GENERIC, Addressee.SOLE_TRADER)}


class RegimeError(ValueError):
    """A row cannot be used; the message names it."""


def read(text: str, country: str) -> tuple[Regime, ...]:
    """Rows of one file. Raises RegimeError for an unknown or missing key, an unknown value or two rows for one case."""
    data = tomllib.loads(text)
    unknown = set(data) - _TABLES
    if unknown:
        raise RegimeError(f"{country}: unknown tables {sorted(unknown)}")
    rows = tuple(_regime(row, country) for row in data.get("regime", ()))
    check(rows)
    return rows


def _regime(row: Mapping[str, Any], country: str) -> Regime:
    name = str(row.get("id", f"a row of {country}"))
    unknown, missing = set(row) - _ROW - _PARAMETERS, _NEEDED - set(row)
    if unknown or missing:
        raise RegimeError(f"{name}: unknown keys {sorted(unknown)}, missing keys {sorted(missing)}")
    try:
        regime = Regime(
            row["id"], country, tuple(map(Means, row["means"])), _addressees(row["capacity"]), Rule(row["rule"]),
            row["citation"], row["confidence"], row.get("from", date.min), row.get("to"),
            Customer(row.get("customer", "any")), Matter(row.get("matter", "any")),
            frozenset(map(Sector, row.get("sector", ()))), tuple(row.get("conditions", ())),
            tuple(row.get("with_consent", ())), tuple(row.get("unless", ())),
            Parameters(**{key: parameter(key, row[key]) for key in row if key in _PARAMETERS}), row.get("note", ""))
    except (TypeError, ValueError) as error:
        raise RegimeError(f"{name}: {error}") from None
    _check_row(regime)
    return regime


def _addressees(said: list[str]) -> tuple[Addressee, ...]:
    return tuple(each for word in said for each in _CAPACITIES.get(word) or (Addressee(word),))


def parameter(key: str, value: Any) -> Any:  # noqa: ANN401 - TOML values of several types
    """One parameter of a row, typed. Raises ValueError."""
    if key == "windows":
        return tuple(_window(each) for each in value)
    if key == "weekdays":
        return frozenset(int(day) for day in value)
    wanted = {each.name: str(each.type) for each in fields(Parameters)}[key].removesuffix(" | None")
    right = {"int": type(value) is int and value > 0, "bool": type(value) is bool, "str": type(value) is str,
             "date": type(value) is date}[wanted]
    if not right:
        raise ValueError(f"{key} must be a {'number above 0' if wanted == 'int' else wanted}")
    return value


def _window(text: str) -> tuple[time, time]:
    """`10:00-13:00`, local times."""
    start, _, end = text.partition("-")
    window = time.fromisoformat(start), time.fromisoformat(end)
    if window[0] >= window[1]:
        raise ValueError(f"the window {text} ends before it starts")
    return window


def _check_row(row: Regime) -> None:
    """What a row's rule needs and excludes."""
    said = (*row.conditions, *row.with_consent, *row.unless)
    unknown = [code for code in said if code not in CONDITIONS]
    faults = {
        f"unknown conditions {unknown}": bool(unknown),
        f"unknown confidence {row.confidence}": row.confidence not in CONFIDENCES,
        "ends before it starts": row.until is not None and row.until <= row.since,
        "a schedule needs weekdays and windows": row.rule is Rule.SCHEDULE and not (
            row.parameters.weekdays and row.parameters.windows),
        "an attempt limit needs within_days": (row.parameters.max_attempts is None) != (
            row.parameters.within_days is None),
        "a register row names the register": row.rule is Rule.REGISTER and row.parameters.register is None,
        "unless is for a ban": bool(row.unless) and row.rule is not Rule.BANNED,
        "names no means or no capacity": not (row.means and row.addressees),
    }
    found = [fault for fault, present in faults.items() if present]
    if found:
        raise RegimeError(f"{row.id}: {'; '.join(found)}")


def check(rows: tuple[Regime, ...]) -> None:
    """Raises RegimeError when an id is given twice or two rows speak of the same case at the same time."""
    for one, other in combinations(rows, 2):
        if one.id == other.id:
            raise RegimeError(f"{one.id} is there twice")
        if _same_case(one, other) and (one.until is None or other.since < one.until) and (
                other.until is None or one.since < other.until):
            raise RegimeError(f"{one.id} and {other.id} speak of the same case at the same time")


def _same_case(one: Regime, other: Regime) -> bool:
    """Rows that differ in customer, matter or sector are about different cases; bans and schedules lie over others."""
    return (one.country == other.country and _layer(one) == _layer(other) and one.customer is other.customer
            and one.matter is other.matter and _sectors_meet(one, other)
            and bool(set(one.means) & set(other.means)) and bool(set(one.addressees) & set(other.addressees)))


def _layer(row: Regime) -> str:
    return row.rule.value if row.rule in (Rule.BANNED, Rule.SCHEDULE) else "way"


def _sectors_meet(one: Regime, other: Regime) -> bool:
    return bool(one.sectors & other.sectors) or one.sectors == other.sectors


def _texts() -> Iterator[tuple[str, str]]:
    """Country and text of each file, in order of name."""
    folder = files("bot.policy") / "regimes"
    for item in sorted(folder.iterdir(), key=lambda each: each.name):
        if item.name.endswith(".toml"):
            yield item.name.removesuffix(".toml").upper(), item.read_text("utf-8")


@cache
def regimes() -> tuple[Regime, ...]:
    """Every row of every file, in order of file and line."""
    rows = tuple(row for country, text in _texts() for row in read(text, country))
    check(rows)
    return rows


@cache
def forms() -> tuple[Form, ...]:
    """What a consent must look like, where the law says so."""
    return tuple(
        Form(row["id"], country, Means(row["means"]), row["from"], row["citation"], row["confidence"],
             _mentions(row["mention"]), _mentions(row["rule"]))
        for country, text in _texts() for row in tomllib.loads(text).get("form", ()))


def _mentions(rows: list[dict[str, Any]]) -> tuple[Mention, ...]:
    return tuple(Mention(row["code"], row["article"], {"fr": row["fr"], "en": row["en"]}) for row in rows)


@cache
def withdrawals() -> tuple[Withdrawal, ...]:
    """Within which time a no is to be carried out; the file `any.toml` holds what is not of one country."""
    return tuple(
        Withdrawal(country="" if country == "ANY" else country, means=tuple(map(Means, row.pop("means"))),
                   since=row.pop("from", date.min), **row)
        for country, text in _texts() for row in tomllib.loads(text).get("withdrawal", ()))


@cache
def regime_for(country: str, channel: ChannelKind, capacity: Capacity, on: date) -> str:
    """The id of the general row in force; "strict-opt-in" when no row is known (fail closed).

    General: about anybody, customer or not, in any sector. A call is a live one, a professional a named one.
    """
    means = Means(channel.value)
    addressee = Addressee.CONSUMER if capacity is Capacity.CONSUMER else Addressee.PROFESSIONAL_NAMED
    return general(regimes(), country, means, addressee, on).id


def general(rows: tuple[Regime, ...], country: str, means: Means, addressee: Addressee, on: date) -> Regime:
    """The row in force for somebody of whom nothing more is known; STRICT when there is none."""
    found = (row for row in rows if row.country == country and means in row.means and addressee in row.addressees
             and row.in_force(on) and row.rule not in (Rule.BANNED, Rule.SCHEDULE) and not row.sectors
             and row.customer in (Customer.ANY, Customer.NO))
    return min(found, key=lambda row: (row.customer is Customer.ANY, row.matter is not Matter.ANY), default=STRICT)
