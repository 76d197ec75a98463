"""What the law says of one case, as plain values: the rule, its conditions in words, dates, citation and confidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from bot.policy.books import Book, book_for, rows_of
from bot.policy.deadlines import zone_of
from bot.policy.load import forms, regimes
from bot.policy.permission_types import Addressee, Means, Operator, Sector
from bot.policy.regime import Customer, Form, Parameters, Regime
from bot.policy.words import in_words

CUSTOMERS = (Customer.YES, Customer.ACCOUNT, Customer.CONTRACT, Customer.ASKED)
_SWITCHED = {"FR-03": "account_without_purchase", "FR-08S": "automata_to_sole_traders", "FR-10": "year",
             "FR-16": "home_adaptation_calls", "FR-18": "call_back", "FR-22": "sms_hours"}


@dataclass(frozen=True, slots=True)
class Question:
    """One case. `customer`: rows for customers are the answer, not only an exception beside it."""

    country: str
    means: Means
    addressee: Addressee
    on: date
    customer: bool = False
    sectors: frozenset[Sector] = frozenset()


def explained(question: Question, operator: Operator) -> dict[str, Any]:
    """The rows in force at noon of that day, in the country's zone, to this operator in these sectors."""
    here = replace(operator, sectors=operator.sectors | question.sectors)
    zone = ZoneInfo(zone_of(question.country))
    book = book_for(here, question.country, question.means, question.addressee,
                    datetime.combine(question.on, time(12), zone))
    ways = [way.row for way in book.ways]
    bans = [row for row, _, _ in book.bans]
    first = next((row for row in [*bans, *(row for row in ways if question.customer and row.customer in CUSTOMERS)]),
                 book.base)
    others = [row for row in [*bans, *ways, book.base] if row != first]
    return {
        "country": question.country, "channel": str(question.means), "capacity": str(question.addressee),
        "on": question.on.isoformat(), "customer": question.customer, "sectors": sorted(here.sectors),
        "answer": told(first, here), "others": [told(row, here) for row in others],
        "schedules": [told(schedule.row, here) for schedule in book.schedules],
        "consent_form": _form(question, book),
    }


def told(row: Regime, operator: Operator) -> dict[str, Any]:
    """One row as plain values, with what the operator changed in it and why."""
    override, switch = operator.overrides.get(row.id), _SWITCHED.get(row.id)
    return plain(row) | {
        "id": f"{row.id}*" if override else row.id, "override": override.reason if override else None,
        "switch": f"{switch} = {getattr(operator.switches, switch)}" if switch else None,
    }


def plain(row: Regime) -> dict[str, Any]:
    """One row as values that JSON can hold, as it is in the file."""
    return {
        "id": row.id, "country": row.country, "rule": str(row.rule),
        "rule_in_words": in_words("rule", row.rule), "channels": [str(each) for each in row.means],
        "capacities": [str(each) for each in row.addressees], "customer": str(row.customer), "matter": str(row.matter),
        "sectors": sorted(row.sectors), "from": None if row.since == date.min else row.since.isoformat(),
        "to": row.until.isoformat() if row.until else None, "conditions": _conditions(row.conditions),
        "with_consent": _conditions(row.with_consent), "lifted_by": _conditions(row.unless),
        "parameters": parameters(row.parameters), "citation": row.citation, "confidence": row.confidence,
        "confidence_in_words": in_words("confidence", row.confidence), "note": row.note,
    }


def _conditions(codes: tuple[str, ...]) -> dict[str, str]:
    return {code: in_words("condition", code) for code in codes}


def parameters(limits: Parameters) -> dict[str, Any]:
    """The limits that a row sets, by name, as JSON can hold them."""
    given = {each.name: getattr(limits, each.name) for each in fields(limits)}
    return {name: _plain(value) for name, value in given.items() if value not in (None, False, frozenset(), ())}


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [f"{start:%H:%M}-{end:%H:%M}" for start, end in value]
    return value.isoformat() if isinstance(value, date) else value


def _form(question: Question, book: Book) -> Mapping[str, Any] | None:
    """What a consent must look like, where the row that asks for it has a form."""
    found = next((form for form in forms() if form.id == book.base.id and form.means is question.means
                  and form.since <= question.on), None)
    return _form_told(found) if found else None


def _form_told(form: Form) -> Mapping[str, Any]:
    return {"citation": form.citation, "confidence": form.confidence,
            "mentions": [asdict(mention) for mention in form.mentions],
            "rules": [asdict(rule) for rule in form.rules]}


def listed(operator: Operator, country: str | None) -> list[dict[str, Any]]:
    """Every row, or one country's, as this operator reads it, in order of file."""
    return [told(row, operator) for row in rows_of(operator) if country in (None, row.country)]


def countries() -> tuple[str, ...]:
    """Countries that have rows of their own, and EU for the Union's base."""
    return tuple(dict.fromkeys(row.country for row in regimes()))
