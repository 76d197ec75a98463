"""The conditions that rows name, one predicate each: what is not known does not hold.

Each takes what the store knows, what is asked, what the operator declares of the purpose, and the row with its limits.
Their words are in `bot/policy/reasons.toml` under `lacks-<condition>`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from bot.policy.deadlines import working_days_after
from bot.policy.hours import person_zones, zone_known
from bot.policy.permission_types import Asked, Known, PurposeFacts
from bot.policy.regime import Regime
from storage.records import Source

Condition = Callable[[Known, Asked, PurposeFacts, Regime], bool]


def from_person(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """The address was collected from the person."""
    return known.relation is not None and known.relation.source is Source.PERSON


def at_sale(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """It was collected on the occasion of a sale or service."""
    return known.relation is not None and known.relation.at_sale


def at_sale_or_negotiation(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """It was collected at a sale or in negotiations for one (PECR 22(3)(a))."""
    return known.relation is not None and (known.relation.at_sale or known.relation.asked_at is not None)


def refusal_offered(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """The person was informed and could refuse when it was collected."""
    return known.relation is not None and known.relation.refusal_offered


def analogous(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """What is offered is similar to what was bought."""
    return facts.analogous


def own(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """It is offered by the legal person that sold."""
    return facts.own


def refusal_in_each(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """Each message says how to refuse."""
    return facts.refusal_in_each


def related_to_profession(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """The matter is related to the addressee's profession or function."""
    return facts.related_to_profession


def published(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """The addressee published the address for such messages."""
    return facts.published


def legal_person(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """The addressee is a company or another legal person."""
    return facts.legal_persons


def account(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """The person holds an account."""
    return facts.account


def reserved_prefix(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """The call shows the reserved prefix."""
    return facts.reserved_prefix


def contract_running(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """A contract is in progress; a performed one is not (C. conso. L223-1 al. 4)."""
    until = known.relation.contract_until if known.relation else None
    return until is not None and until > asked.at


def contract_related(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """What is offered is related to the object of the contract."""
    return facts.contract


def contract_in_progress(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """A contract is in progress and the matter is related to its object."""
    return facts.contract and contract_running(known, asked, facts, row)


def sale_recent(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """The last sale is not older than the row allows."""
    days, sale = row.parameters.sale_within_days, known.relation.last_sale_at if known.relation else None
    return sale is not None and days is not None and sale <= asked.at < sale + timedelta(days=days)


def asked_recently(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """The enquiry is not older than the row allows."""
    days, said = row.parameters.asked_within_days, known.relation.asked_at if known.relation else None
    return said is not None and days is not None and said <= asked.at < said + timedelta(days=days)


def call_back_in_time(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """The call is within the working days after the request (R223-4)."""
    said, days = known.relation.asked_at if known.relation else None, row.parameters.call_back_working_days
    return said is not None and days is not None and said <= asked.at < call_back_ends(known, said, days)


def call_back_ends(known: Known, said: datetime, days: int) -> datetime:
    """The end of the last day for a call back, in the zone where the person may be and it ends first; UTC."""
    party = known.party
    zones = person_zones(party, known.zones) if party is not None else ()
    region = party.region if party is not None else None
    return min((_day_ends(ZoneInfo(zone), said, days, region) for zone in zones if zone_known((zone,))), default=said)


def _day_ends(zone: ZoneInfo, said: datetime, days: int, region: str | None) -> datetime:
    last = working_days_after(said.astimezone(zone).date(), days, region)
    return datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)


def only_what_was_asked(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """Only what the person asked about."""
    return facts.call_back


def call_back(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """A call back that was asked for, in time, about nothing else."""
    return facts.call_back and call_back_in_time(known, asked, facts, row)


def register_checked(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """The number was looked up in the opposition register, lately enough, and was not there."""
    looked = known.registers.get(row.parameters.register or "")
    days = row.parameters.register_days or 0
    return looked is not None and looked <= asked.at < looked + timedelta(days=days)


def collected_since(known: Known, asked: Asked, facts: PurposeFacts, row: Regime) -> bool:
    """The address was collected since the exception exists."""
    since, when = row.parameters.collected_from, known.relation.collected_at if known.relation else None
    return when is not None and since is not None and when.date() >= since and when <= asked.at


CONDITIONS = MappingProxyType({check.__name__: check for check in (
    from_person, at_sale, at_sale_or_negotiation, refusal_offered, analogous, own, refusal_in_each,
    related_to_profession, published, legal_person, account, reserved_prefix, contract_running, contract_related,
    contract_in_progress, sale_recent, asked_recently, call_back_in_time, only_what_was_asked, call_back,
    register_checked, collected_since)})
