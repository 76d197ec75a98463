"""The rows in force, put together once for (country, means, addressee) and each period between two dates of the law.

A question then takes a look-up and a few comparisons: nothing is parsed or searched. The person's country is read; the
controller's when it is not known; members of the Union without a file have the Union's base. Where the person's row is
doubtful and the controller's is stricter, the stricter counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.policy.conditions import CONDITIONS, Condition
from bot.policy.deadlines import zone_of
from bot.policy.hours import OVERSEAS, Schedule
from bot.policy.load import check, general, parameter, regimes
from bot.policy.permission_types import Addressee, Basis, Known, Means, Operator, Override, PurposeFacts, Switches
from bot.policy.regime import Customer, Matter, Parameters, Regime, Rule

EU = frozenset({"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT",
                "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"})
BASES = {Rule.OPT_IN: Basis.CONSENT, Rule.SOFT_OPT_OUT: Basis.SOFT_OPT_OUT, Rule.OPT_OUT: Basis.OPT_OUT,
         Rule.REGISTER: Basis.OPT_OUT, Rule.FREE: Basis.FREE}
STRICTNESS = (Rule.FREE, Rule.OPT_OUT, Rule.SOFT_OPT_OUT, Rule.REGISTER, Rule.OPT_IN, Rule.BANNED)
_FIRST = datetime.min.replace(tzinfo=UTC)
_GRANTED = {Rule.SOFT_OPT_OUT: "customer", Rule.OPT_OUT: "opt_out", Rule.REGISTER: "register", Rule.FREE: "free"}

ENDING = frozenset({"contract_running", "call_back_in_time", "asked_recently", "sale_recent", "register_checked"})

Gate = Callable[[Known, PurposeFacts], bool]
Checks = tuple[tuple[str, Condition], ...]


@dataclass(frozen=True, slots=True)
class Way:
    """A row that allows without consent: whom it is about (`gates`), what must hold (reason when it does not)."""

    row: Regime
    id: str
    gates: tuple[Gate, ...]
    checks: Checks
    basis: Basis
    reason: str  # when it allows
    silence: timedelta | None
    rests: bool  # on something that ends by itself: a contract, a request, a sale, a look-up


@dataclass(frozen=True, slots=True)
class Book:
    """What the law says from `since` (inclusive) to `until` (exclusive), UTC, to one operator."""

    since: datetime
    until: datetime | None
    base: Regime
    base_id: str
    channel: str  # the consent's
    silence: timedelta | None  # of a person who consented
    with_consent: Checks
    bans: tuple[tuple[Regime, str, tuple[Condition, ...]], ...]  # row, id, what lifts it
    ways: tuple[Way, ...]
    schedules: tuple[Schedule, ...]
    all_purposes: tuple[str, ...]  # channels on which a no to one purpose is a no to all


def book_for(operator: Operator, country: str | None, means: Means, addressee: Addressee, at: datetime) -> Book:
    """The book in force at `at` (aware)."""
    key = (country or operator.country, means, addressee)
    books = operator.books.get(key)
    if books is None:
        books = operator.books[key] = _compile(operator, *key)
    for book in books:  # the newest first; the oldest begins with time itself
        if at >= book.since:
            return book
    return books[-1]


def _compile(operator: Operator, country: str, means: Means, addressee: Addressee) -> tuple[Book, ...]:
    rows = rows_of(operator)
    law, own = law_of(country, rows), law_of(operator.country, rows)
    mine = [row for row in rows if row.country in (law, own) and means in row.means and addressee in row.addressees]
    days = sorted({day for row in mine for day in (row.since, row.until) if day is not None and day > date.min})
    zone = ZoneInfo(zone_of(law))
    starts = [_FIRST, *(datetime.combine(day, time(), zone).astimezone(UTC) for day in days)]
    ends: list[datetime | None] = [*starts[1:], None]
    books = [_book(operator, _Case(mine, law, own, means, addressee, day), since, until)
             for day, since, until in zip([date.min, *days], starts, ends, strict=True)]
    return tuple(reversed(books))


def law_of(country: str, rows: Iterable[Regime]) -> str:
    """Whose rows are read: overseas departments have France's, members without a file the Union's."""
    if country in OVERSEAS:
        return "FR"
    return "EU" if country in EU and all(row.country != country for row in rows) else country


@dataclass(frozen=True, slots=True)
class _Case:
    rows: list[Regime]
    law: str
    own: str
    means: Means
    addressee: Addressee
    day: date


def _book(operator: Operator, case: _Case, since: datetime, until: datetime | None) -> Book:
    in_force = [row for row in case.rows if row.in_force(case.day)
                and (not row.sectors or row.sectors & operator.sectors)]
    there = [row for row in in_force if row.country == case.law]
    base, own = _base(there, case, case.law), _base(in_force, case, case.own)
    doubtful = {row.id for row in (base, *there) if row.doubtful and row.id not in operator.overrides}
    ways = [row for row in there if row.rule in _GRANTED and not (row.id in doubtful and _stricter(own, row))]
    base = own if base.id in doubtful and _stricter(own, base) else base
    return Book(
        since, until, base, _starred(base, operator), case.means.channel, _days(base.parameters.silence_days),
        _checks(base.with_consent),
        tuple((row, _starred(row, operator), tuple(CONDITIONS[code] for code in row.unless))
              for row in there if row.rule is Rule.BANNED),
        tuple(_way(row, operator) for row in ways),
        tuple(Schedule(row, _starred(row, operator)) for row in there if row.rule is Rule.SCHEDULE),
        ("sms", "phone") if base.parameters.revoke_all else ())


def _base(rows: list[Regime], case: _Case, country: str) -> Regime:
    """The row that asks for consent, else the general one, else STRICT."""
    asks = (row for row in rows if row.country == country and row.rule is Rule.OPT_IN and not row.sectors
            and row.customer in (Customer.ANY, Customer.NO))
    return next(asks, None) or general(tuple(rows), country, case.means, case.addressee, case.day)


def _stricter(one: Regime, other: Regime) -> bool:
    return STRICTNESS.index(one.rule) > STRICTNESS.index(other.rule)


def _days(count: int | None) -> timedelta | None:
    return None if count is None else timedelta(days=count)


def _starred(row: Regime, operator: Operator) -> str:
    """The id as it is stored: with a star when the operator reads the row otherwise."""
    return f"{row.id}*" if row.id in operator.overrides else row.id


def _way(row: Regime, operator: Operator) -> Way:
    granted = {Customer.CONTRACT: "contract", Customer.ASKED: "call_back"} if row.rule is Rule.FREE else {}
    gates = tuple(gate for gate in (_CUSTOMERS.get(row.customer), _MATTERS.get(row.matter)) if gate)
    return Way(row, _starred(row, operator), gates, _checks(row.conditions), BASES[row.rule],
               granted.get(row.customer, _GRANTED[row.rule]), _days(row.parameters.silence_days),
               bool(ENDING.intersection(row.conditions)))


def _checks(codes: tuple[str, ...]) -> Checks:
    return tuple((f"lacks_{code}", CONDITIONS[code]) for code in codes)


def _bought(known: Known, facts: PurposeFacts) -> bool:
    return known.relation is not None and (known.relation.at_sale or known.relation.last_sale_at is not None)


def _contracted(known: Known, facts: PurposeFacts) -> bool:
    return known.relation is not None and known.relation.contract_until is not None


def _asked(known: Known, facts: PurposeFacts) -> bool:
    return known.relation is not None and known.relation.asked_at is not None


_CUSTOMERS: dict[Customer, Gate] = {
    Customer.YES: _bought, Customer.CONTRACT: _contracted, Customer.ASKED: _asked,
    Customer.ACCOUNT: lambda known, facts: facts.account,
}
_MATTERS: dict[Matter, Gate] = {
    Matter.NON_COMMERCIAL: lambda known, facts: facts.non_commercial,
}


def rows_of(operator: Operator) -> tuple[Regime, ...]:
    """Every row as this operator reads it: switches first, then overrides. Raises ValueError for one it cannot be."""
    rows = tuple(_switched(row, operator.switches) for row in regimes())
    unknown = set(operator.overrides) - {row.id for row in rows}
    if unknown:
        raise ValueError(f"there is no row {min(unknown)}: see `consentry regimes list`")
    rows = tuple(_overridden(row, operator.overrides.get(row.id)) for row in rows)
    check(rows)
    return rows


def _switched(row: Regime, switches: Switches) -> Regime:
    """A conflict of sources as the operator settles it; the row is written in its strict reading."""
    if row.id == "FR-03" and switches.account_without_purchase == "customer":
        conditions = ("from_person", "account", "analogous", "own", "refusal_offered", "refusal_in_each")
        return replace(row, rule=Rule.SOFT_OPT_OUT, conditions=conditions)
    if row.id == "FR-08S" and switches.automata_to_sole_traders == "opt_out":
        return replace(row, rule=Rule.OPT_OUT, conditions=("related_to_profession", "refusal_offered",
                                                           "refusal_in_each"))
    if row.id == "FR-16":
        return replace(row, since=date.fromisoformat(switches.home_adaptation_calls))
    if row.id == "FR-18" and switches.call_back == "any_sector":
        return replace(row, sectors=frozenset())
    if row.id == "FR-22":
        start, end = (time(int(hour)) for hour in switches.sms_hours.split("-"))
        return replace(row, parameters=replace(row.parameters, windows=((start, end),)))
    return row


def _overridden(row: Regime, override: Override | None) -> Regime:
    if override is None:
        return row
    conditions = row.conditions if override.conditions is None else override.conditions
    unknown = [code for code in conditions if code not in CONDITIONS]
    if unknown:
        raise ValueError(f"{row.id} has no condition {unknown[0]}")
    changed = replace(row, rule=Rule(override.rule) if override.rule else row.rule, conditions=conditions,
                      since=override.since or row.since, until=override.until or row.until,
                      parameters=_changed(row, override))
    if changed.until is not None and changed.until <= changed.since:
        raise ValueError(f"{row.id} would end before it starts")
    if changed.rule is Rule.SCHEDULE and not changed.parameters.windows:
        raise ValueError(f"{row.id} cannot be a schedule: it has no windows")
    return changed


def _changed(row: Regime, override: Override) -> Parameters:
    try:
        values = {key: parameter(key, value) for key, value in override.parameters.items()}
        return replace(row.parameters, **values)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"a parameter of {row.id} is wrong ({error})") from None


