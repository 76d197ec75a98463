"""`consentry regimes`: what the law says, as we read it. Needs no settings; with them, your own reading is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from bot.cli.common import DEFAULT, Config
from bot.clock import system_clock
from bot.controller import operator_of
from bot.errors import OperatorError
from bot.policy.explanation import Question, countries, explained, listed
from bot.policy.permission_types import Addressee, Means, Operator, Sector
from bot.settings import load

app = typer.Typer(no_args_is_help=True, help="What the law says for a country, channel, capacity and date.")
Country = Annotated[str | None, typer.Option(help="ISO 3166-1, such as FR; EU for the Union's base.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
ALIASES = {"UK": "GB"}
CAPACITIES = {"professional": Addressee.PROFESSIONAL_NAMED}
LIMITS = {
    "life_days": "a consent lives {} days at most", "form_from": "a consent collected before {} does not count",
    "silence_days": "nothing after {} days without a sign from the person (an open is none)",
    "proof_years": "its proof is kept {} years", "sale_within_days": "the last sale is at most {} days old",
    "asked_within_days": "the enquiry is at most {} days old",
    "call_back_working_days": "within {} working days, Monday to Saturday without holidays",
    "collected_from": "collected on or after {}", "register": "opposition register: {}",
    "register_days": "looked up at most {} days ago", "revoke_all": "a no to one purpose is a no to all",
    "holidays": "not on public holidays, regional ones included", "max_attempts": "{} calls or attempts at most ...",
    "within_days": "... in {} rolling calendar days",
}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Choice = TypeVar("Choice", bound=StrEnum)


@app.command("list")
def list_(config: Config = DEFAULT, country: Country = None, as_json: Json = False) -> None:
    """Every row: its rule, whom it is about, its dates and its citation."""
    rows = listed(operator(config), place(country))
    if not rows:
        raise OperatorError(f"There are no rows for {country}: nobody is contacted there without consent. "
                            f"There are rows for {', '.join(countries())}.")
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("row", "channels", "capacity", "case", "rule", "from", "to", "citation", box=None, pad_edge=False)
    for row in rows:
        table.add_row(row["id"], ", ".join(row["channels"]), capacities(row["capacities"]), case(row), row["rule"],
                      row["from"] or "", row["to"] or "", row["citation"])
    Console(markup=False).print(table)


@app.command()
def explain(
    config: Config = DEFAULT,
    country: Country = None,
    channel: Annotated[str, typer.Option(help="email, sms, chat, phone (a live call), auto_call, post, push.")] = "",
    capacity: Annotated[str, typer.Option(help="consumer, professional (a named one), professional_generic "
                                               "(info@), sole_trader.")] = "consumer",
    on: Annotated[str | None, typer.Option(help="A date, as 2026-11-23; default: today.")] = None,
    customer: Annotated[bool, typer.Option("--customer", help="The person bought, or has a contract.")] = False,
    sector: Annotated[list[str] | None, typer.Option(help="What you sell or do: energy_renovation, home_adaptation, "
                                                          "press, charity, charity_lottery.")] = None,
    as_json: Json = False,
) -> None:
    """The rule for one case, with its conditions, dates, citation and how sure we are of the reading."""
    here = operator(config)
    question = Question(
        place(country) or here.country, chosen(Means, channel, "--channel"),
        CAPACITIES.get(capacity) or chosen(Addressee, capacity, "--capacity"), day(on), customer,
        frozenset(chosen(Sector, each, "--sector") for each in sector or ()))
    answer = explained(question, here)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        say(answer, Console(markup=False, highlight=False).print)


def operator(config: Path) -> Operator:
    """The settings' operator; the strict reading when there is no settings file and none was named."""
    return operator_of(load(config)) if config != DEFAULT or config.exists() else Operator()


def place(country: str | None) -> str | None:
    """A country code as the rows have it. Raises OperatorError."""
    if country is None:
        return None
    code = country.upper()
    if not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise OperatorError("--country is two letters, such as FR.")
    return ALIASES.get(code, code)


def chosen(kind: type[Choice], word: str, option: str) -> Choice:
    """One of the words an option takes. Raises OperatorError."""
    try:
        return kind(word)
    except ValueError:
        raise OperatorError(f"{option} is one of {', '.join(kind)}.") from None


def day(text: str | None) -> date:
    """A date, today by default. Raises OperatorError."""
    if text is None:
        return system_clock().date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise OperatorError("--on is a date, such as 2026-11-23.") from None


def say(answer: Mapping[str, Any], out: Callable[[str], None]) -> None:
    """The answer first, then the rows beside it."""
    sectors = f", {', '.join(answer['sectors'])}" if answer["sectors"] else ""
    out(f"{answer['country']}, {answer['channel']}, {answer['capacity']}"
        f"{', customer' if answer['customer'] else ''}{sectors}, on {answer['on']}")
    say_row(answer["answer"], out)
    if answer["consent_form"] and answer["answer"]["rule"] == "opt_in":
        out(f"\nsuch a consent tells ({answer['consent_form']['citation']}):")
        for each in (*answer["consent_form"]["mentions"], *answer["consent_form"]["rules"]):
            out(f"  {each['words']['en']} ({each['article']})")
    for title, key in (("hours and frequency, whatever the basis", "schedules"), ("beside it", "others")):
        for row in answer[key]:
            out(f"\n{title}:")
            say_row(row, out)


def say_row(row: Mapping[str, Any], out: Callable[[str], None]) -> None:
    """One row, a fact a line; what it does not say is left out."""
    until = f" until {row['to']} (exclusive)" if row["to"] else ", no end known"
    lines = [
        ("row", row["id"]), ("rule", f"{row['rule']}: {row['rule_in_words']}"), ("about", case(row)),
        ("in force", f"from {row['from']}{until}" if row["from"] else f"no start known{until}"),
        *(("if", words) for words in row["conditions"].values()),
        *(("also", f"with a consent: {words}") for words in row["with_consent"].values()),
        *(("unless", words) for words in row["lifted_by"].values()),
        *(("limit", limit(name, value)) for name, value in row["parameters"].items()),
        ("citation", row["citation"]), ("confidence", f"{row['confidence']}: {row['confidence_in_words']}"),
        ("note", row["note"]), ("switch", row["switch"]), ("override", row["override"]),
    ]
    for name, words in lines:
        if words:
            out(f"{name:<11} {words}")


def limit(name: str, value: Any) -> str:  # noqa: ANN401 - a row's limits are of several types
    """One limit in words."""
    if name == "weekdays":
        return f"on {', '.join(DAYS[each] for each in value)}"
    if name == "windows":
        return f"at {' and '.join(value)}, the person's time"
    return LIMITS[name].format(value)


def case(row: Mapping[str, Any]) -> str:
    """Whom and what a row is about, beyond channel and capacity."""
    said = {"customer": {"yes": "customer", "account": "account, no purchase",
                         "contract": "contract in progress", "asked": "asked for information"},
            "matter": {"related": "related to the profession", "unrelated": "not related to the profession",
                       "non_commercial": "not commercial"}}
    parts = [said[key][row[key]] for key in said if row[key] in said[key]]
    return ", ".join([*parts, *row["sectors"]])


def capacities(names: list[str]) -> str:
    """The capacities of a row; `any` for all of them."""
    return "any" if len(names) == len(Addressee) else ", ".join(names)
