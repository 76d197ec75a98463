"""`consentry regimes`: what the law says, by which text, and how this operator reads it. Needs no settings."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bot.cli.common import DEFAULT, Config
from bot.clock import system_clock
from bot.controller import operator_of
from bot.errors import OperatorError
from bot.policy.books import law_of, rows_of
from bot.policy.load import forms, general, withdrawals
from bot.policy.permission_types import Addressee, Means, Operator, Sector
from bot.policy.regime import Customer, Parameters, Regime, Rule
from bot.policy.words import in_words
from bot.settings import load

app = typer.Typer(no_args_is_help=True, help="What the law says, by which text, and how you read it.")
PROFESSIONAL = {"professional": Addressee.PROFESSIONAL_NAMED}
ORDER = (Rule.BANNED, Rule.OPT_IN, Rule.REGISTER, Rule.OPT_OUT, Rule.SOFT_OPT_OUT, Rule.FREE, Rule.SCHEDULE)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
Json = Annotated[bool, typer.Option("--json", help="For machines.")]
Language = Annotated[str, typer.Option(help="en or fr.")]


def operator(config: Path, country: str) -> Operator:
    """Of the settings when they are there; else nobody's: no override, every switch in its strict reading."""
    if config == DEFAULT and not config.exists():
        return Operator(country=country)
    return operator_of(load(config))


@app.command("list")
def list_(config: Config = DEFAULT, country: Annotated[str, typer.Option(help="ISO 3166-1, e.g. FR.")] = "",
          as_json: Json = False, language: Language = "en") -> None:
    """Every row: id, dates, whom and how, the rule, the text."""
    said = operator(config, country or "FR")
    rows = [row for row in rows_of(said) if country.upper() in ("", row.country)]
    if not rows:
        known = ", ".join(sorted({row.country for row in rows_of(said)}))
        raise OperatorError(f"No row of {country} is known, so prior consent is asked for there. Known: {known}.")
    if as_json:
        typer.echo(json.dumps([as_plain(row, said, language) for row in rows], ensure_ascii=False, indent=2))
        return
    for row in rows:
        typer.echo(f"{star(row, said):9}{dates(row):26}{', '.join(row.means)}; {addressees(row)}: "
                   f"{in_words('rule', row.rule, language)} [{row.citation}]")


@app.command()
def explain(
    country: Annotated[str, typer.Option(help="The person's country, ISO 3166-1.")],
    channel: Annotated[Means, typer.Option(help="How the person would be reached; phone is a live call.")],
    config: Config = DEFAULT,
    capacity: Annotated[str, typer.Option(help="consumer, professional, or professional_generic, sole_trader.")] =
    "consumer",
    on: Annotated[str, typer.Option(help="The day, YYYY-MM-DD; default: today.")] = "",
    customer: Annotated[bool, typer.Option("--customer", help="Somebody who bought: the exceptions first.")] = False,
    sector: Annotated[list[Sector] | None, typer.Option(help="What the controller sells.")] = None,
    as_json: Json = False,
    language: Language = "en",
) -> None:
    """The rule for one case, its conditions and dates, and the text it is in."""
    said, day = operator(config, country.upper()), moment(on)
    whom = addressee(capacity)
    told = case(said, country.upper(), channel, whom, day, frozenset(sector or said.sectors), customer)
    if as_json:
        typer.echo(json.dumps(as_data(told, said, channel, day, language), ensure_ascii=False, indent=2))
        return
    say = Console(highlight=False, markup=False, soft_wrap=True).print
    for line in in_lines(told, said, channel, day, language):
        say(line)


def moment(on: str) -> date:
    """The day. Raises OperatorError."""
    try:
        return date.fromisoformat(on) if on else system_clock().date()
    except ValueError as error:
        raise OperatorError(f"{on} is not a day: write it as 2026-11-23.") from error


def addressee(capacity: str) -> Addressee:
    """Whom the law sees. Raises OperatorError."""
    try:
        return PROFESSIONAL.get(capacity) or Addressee(capacity)
    except ValueError as error:
        raise OperatorError(f"{capacity} is no capacity: write one of {', '.join(Addressee)}.") from error


def case(said: Operator, country: str, means: Means, whom: Addressee, day: date, sectors: frozenset[Sector],
         customer: bool) -> list[Regime]:
    """Rows in force for the case, the one that decides first; the exceptions first for a customer."""
    rows = rows_of(said)
    law = law_of(country, rows)
    there = [row for row in rows if row.country == law and means in row.means and whom in row.addressees
             and row.in_force(day) and (not row.sectors or row.sectors & sectors)]
    first = general(rows, law, means, whom, day)
    rank = {row: ORDER.index(row.rule) for row in there}
    bans = [row for row in there if row.rule is Rule.BANNED]
    exceptions = [row for row in there if row not in (*bans, first) and row.rule is not Rule.SCHEDULE]
    exceptions.sort(key=lambda row: (not customer or row.customer in (Customer.ANY, Customer.NO), rank[row]))
    schedules = [row for row in there if row.rule is Rule.SCHEDULE]
    lead = [*exceptions[:1], first, *exceptions[1:]] if customer and exceptions else [first, *exceptions]
    return [*bans, *lead, *schedules]


def star(row: Regime, said: Operator) -> str:
    """The id as it is stored with a decision."""
    return f"{row.id}*" if row.id in said.overrides else row.id


def dates(row: Regime) -> str:
    """From when, to when."""
    since = "" if row.since == date.min else f"from {row.since}"
    return f"{since} {f'before {row.until}' if row.until else ''}".strip() or "always"


def addressees(row: Regime) -> str:
    """Whom it protects."""
    return "anybody" if len(row.addressees) == len(Addressee) else ", ".join(row.addressees)


def limits(parameters: Parameters) -> dict[str, Any]:
    """What the row sets, by name, as plain values."""
    empty = Parameters()
    given = {name: getattr(parameters, name) for name in Parameters.__slots__}
    told = {name: value for name, value in given.items() if value != getattr(empty, name)}
    if "windows" in told:
        told["windows"] = [f"{start:%H:%M}-{end:%H:%M}" for start, end in told["windows"]]
    return {name: sorted(value) if isinstance(value, frozenset) else str(value) if isinstance(value, date) else value
            for name, value in told.items()}


def as_plain(row: Regime, said: Operator, language: str) -> dict[str, Any]:
    """One row as plain values."""
    override = said.overrides.get(row.id)
    return {"id": star(row, said), "country": row.country, "means": list(row.means),
            "addressees": list(row.addressees), "rule": str(row.rule),
            "words": in_words("rule", row.rule, language), "customer": str(row.customer), "matter": str(row.matter),
            "sectors": sorted(row.sectors), "from": None if row.since == date.min else str(row.since),
            "to": str(row.until) if row.until else None,
            "conditions": [{"code": code, "words": in_words("condition", code, language)} for code in row.conditions],
            "unless": [{"code": code, "words": in_words("condition", code, language)} for code in row.unless],
            "limits": limits(row.parameters), "citation": row.citation, "confidence": row.confidence,
            "note": row.note, "override": override.reason if override else None}


def as_data(told: list[Regime], said: Operator, means: Means, day: date, language: str) -> dict[str, Any]:
    """The answer for machines."""
    return {"on": str(day), "rows": [as_plain(row, said, language) for row in told],
            "consent_form": [{"id": form.id, "citation": form.citation,
                              "mentions": {each.code: each.words[language] for each in form.mentions}}
                             for form in _forms(told, means, day)],
            "withdrawal": [each.citation for each in _withdrawals(told, means, day)],
            "switches": {name: getattr(said.switches, name) for name in type(said.switches).__slots__}}


def in_lines(told: list[Regime], said: Operator, means: Means, day: date, language: str) -> Iterable[str]:
    """The answer in words."""
    for number, row in enumerate(told):
        yield from _row_lines(row, said, language, number == 0)
    for form in _forms(told, means, day):
        yield f"\nA consent must say ({form.citation}):"
        yield from (f"  - {each.words[language]} ({each.article})" for each in form.mentions)
        yield from (f"  . {each.words[language]} ({each.article})" for each in form.rules)
    for each in _withdrawals(told, means, day):
        limit = "at once" if each.at_once else f"within {each.hours} hours" if each.hours else \
            f"within {each.business_days} business days"
        yield f"\nA no is to be carried out {limit} ({each.citation}); it is, at once."


def _row_lines(row: Regime, said: Operator, language: str, first: bool) -> Iterable[str]:
    kinds = [str(value) for value in (row.customer, row.matter) if value != "any"] + sorted(row.sectors)
    about = [in_words("about", kind, language) for kind in kinds]
    whom = f" ({', '.join(about)})" if about else ""
    yield f"{'' if first else chr(10)}{star(row, said)}{whom}: {in_words('rule', row.rule, language)}"
    yield f"  {row.citation}; {in_words('confidence', row.confidence, language)}; {dates(row)}"
    yield from (f"  - {in_words('condition', code, language)}" for code in row.conditions)
    yield from (f"  unless {in_words('condition', code, language)}" for code in row.unless)
    for name, value in limits(row.parameters).items():
        yield f"  {in_words('limit', name, language)}{_shown(name, value)}"
    if row.note:
        yield f"  {row.note}"
    if row.id in said.overrides:
        yield f"  Read otherwise by the settings: {said.overrides[row.id].reason}"


def _shown(name: str, value: object) -> str:
    if value is True:
        return ""
    if name == "weekdays" and isinstance(value, list):
        return f": {', '.join(DAYS[day] for day in value)}"
    return f": {', '.join(map(str, value)) if isinstance(value, list) else value}"


def _forms(told: list[Regime], means: Means, day: date) -> list[Any]:
    countries = {row.country for row in told}
    return [form for form in forms() if form.country in countries and form.means is means and form.since <= day]


def _withdrawals(told: list[Regime], means: Means, day: date) -> list[Any]:
    countries = {row.country for row in told} | {""}
    return [each for each in withdrawals() if each.country in countries and means in each.means and each.since <= day]
