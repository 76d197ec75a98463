"""Short ways to ask what is allowed: a French consumer and a strict operator unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.policy.permission import permission
from bot.policy.permission_types import Asked, Known, Means, Operator, Permission, PurposeFacts
from storage.records import ALL, Capacity, ConsentState, ConsentStatus, Party, Relation, Source

NOON = datetime(2026, 11, 24, 10, tzinfo=UTC)  # a Tuesday, 11:00 in Paris: calls and texts may be made
DAY = timedelta(days=1)
SALE = PurposeFacts(analogous=True, own=True, refusal_in_each=True)
WORK = PurposeFacts(related_to_profession=True, refusal_in_each=True)


def person(country: str | None = "FR", **more: Any) -> Party:  # noqa: ANN401 - fields
    """A consumer of Paris, or of another country."""
    return Party("p", Capacity.CONSUMER, country=country, **({"region": "75"} if country == "FR" else {}) | more)


def professional(country: str = "FR", organisation: str | None = "ACME", **more: Any) -> Party:  # noqa: ANN401 - fields
    """Somebody at work; without an organisation, who may be a sole trader."""
    return Party("p", Capacity.PROFESSIONAL, organisation, country=country,
                 **({"region": "75"} if country == "FR" else {}) | more)


def yes(channel: str = "email", since: datetime = NOON - DAY, until: datetime | None = None,
        purpose: str = "offers") -> ConsentState:
    """A consent for the offers."""
    return ConsentState("p", purpose, channel, ConsentStatus.GIVEN, since, 7, until)


def no(status: ConsentStatus = ConsentStatus.WITHDRAWN, channel: str = ALL, since: datetime = NOON - 2 * DAY,
       purpose: str = ALL) -> ConsentState:
    """A no to everything."""
    return ConsentState("p", purpose, channel, status, since, 3)


def entry(purpose: str = ALL, channel: str = ALL, at: datetime = NOON - 2 * DAY, *,
          provisional: bool = False) -> Mapping[str, Any]:
    """A line of the suppression list."""
    return {"purpose": purpose, "channel": channel, "at": at, "provisional": provisional, "reason": "stop"}


def customer(**more: Any) -> Relation:  # noqa: ANN401 - fields
    """Somebody who bought a month ago and could refuse then."""
    facts: dict[str, Any] = {"source": Source.PERSON, "collected_at": NOON - 30 * DAY, "at_sale": True,
                             "refusal_offered": True, "last_sale_at": NOON - 30 * DAY}
    return Relation("p", **facts | more)


def operator(facts: PurposeFacts = SALE, **more: Any) -> Operator:  # noqa: ANN401 - fields
    """An operator whose offers are as declared."""
    return Operator(purposes={"offers": facts}, **more)


def ask(party: Party | None, means: str = "email", *, by: Operator | None = None, at: datetime = NOON,
        purpose: str = "offers", **known: Any) -> Permission:  # noqa: ANN401 - fields
    """One question about the offers."""
    return permission(Known(party, **known), Asked(purpose, Means(means), at), by or operator())
