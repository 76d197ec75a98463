"""A later yes lifts an earlier no for exactly what it says; everything else stays."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.clock import new_id
from bot.policy.permission import permission
from bot.policy.permission_types import Asked, Known, Means, Operator
from storage.memory import MemoryStore
from storage.records import (
    ALL,
    Capacity,
    ChannelKind,
    ConsentEvent,
    ConsentState,
    ConsentStatus,
    EventTag,
    Handle,
    Party,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PURPOSES, CHANNELS = ("newsletter", "offers"), ("email", "sms")
PAIRS = [(purpose, channel) for purpose in PURPOSES for channel in CHANNELS]
ANNA = Handle(ChannelKind.EMAIL, "anna@example.org")


def at(hours: int) -> datetime:
    return NOW + timedelta(hours=hours)


def state(status: ConsentStatus, purpose: str, channel: str, hours: int) -> ConsentState:
    return ConsentState("p", purpose, channel, status, at(hours), hours + 1)


def entry(purpose: str, channel: str, hours: int, *, provisional: bool = False) -> Mapping[str, Any]:
    return {"purpose": purpose, "channel": channel, "at": at(hours), "provisional": provisional, "reason": "stop"}


FILE = Party("p", Capacity.CONSUMER, country="FR", region="75")
OPERATOR = Operator()


def allowed(states: Sequence[ConsentState], entries: Sequence[Mapping[str, Any]], purpose: str,
            channel: str) -> tuple[bool, str]:
    """At 13:00 in Paris the day after: every state and entry lies before, and texts may be sent."""
    told = permission(Known(FILE, states, entries), Asked(purpose, Means(channel), at(24)), OPERATOR)
    return told.allowed, told.reason


YES = state(ConsentStatus.RENEWED, "newsletter", "email", 10)


def test_a_yes_after_stop_everything_lifts_exactly_what_it_says() -> None:
    states = [state(ConsentStatus.WITHDRAWN, ALL, ALL, 1), YES]
    can = [pair for pair in PAIRS if allowed(states, [entry(ALL, ALL, 1)], *pair)[0]]
    assert can == [("newsletter", "email")]


def test_a_no_after_the_yes_counts_again_even_when_only_the_projection_knows() -> None:
    assert not allowed([YES], [entry(ALL, ALL, 11)], "newsletter", "email")[0]
    assert not allowed([YES, state(ConsentStatus.REFUSED, ALL, "email", 11)], [], "newsletter", "email")[0]
    assert allowed([YES, state(ConsentStatus.REFUSED, "offers", ALL, 11)], [entry("offers", ALL, 11)],
                   "newsletter", "email") == (True, "consent")


def test_at_the_same_moment_the_no_counts() -> None:
    assert not allowed([YES], [entry("newsletter", "email", 10)], "newsletter", "email")[0]


def test_a_pause_is_lifted_by_nobody_but_a_reviewer() -> None:
    told = allowed([YES], [entry(ALL, ALL, 1, provisional=True)], "newsletter", "email")
    assert told == (False, "paused")


def test_silence_is_no() -> None:
    assert allowed([], [], "newsletter", "email") == (False, "no_consent")
    assert allowed([state(ConsentStatus.REQUESTED, "newsletter", "email", 1)], [], "newsletter", "email") == (
        False, "consent_requested")


def test_a_wide_yes_is_no_yes() -> None:
    assert not allowed([state(ConsentStatus.GIVEN, ALL, ALL, 1)], [], "newsletter", "email")[0]


STATES = st.lists(st.builds(state, st.sampled_from(ConsentStatus), st.sampled_from((*PURPOSES, ALL)),
                            st.sampled_from((*CHANNELS, ALL)), st.integers(0, 20)),
                  max_size=6, unique_by=lambda each: (each.purpose, each.channel))
ENTRIES = st.lists(st.builds(entry, st.sampled_from((*PURPOSES, ALL)), st.sampled_from((*CHANNELS, ALL)),
                             st.integers(0, 20), provisional=st.booleans()), max_size=4)


@given(STATES, ENTRIES, ENTRIES, st.sampled_from(PAIRS))
def test_one_more_no_never_allows(states: list[ConsentState], few: list[Mapping[str, Any]],
                                  more: list[Mapping[str, Any]], pair: tuple[str, str]) -> None:
    if allowed(states, [*few, *more], *pair)[0]:
        assert allowed(states, few, *pair)[0]


@given(STATES, ENTRIES, st.sampled_from(PAIRS))
def test_allowed_means_an_exact_yes_later_than_every_no(states: list[ConsentState], entries: list[Mapping[str, Any]],
                                                       pair: tuple[str, str]) -> None:
    if allowed(states, entries, *pair)[0]:
        (yes,) = [each for each in states if (each.purpose, each.channel) == pair]
        assert yes.status.valid
        assert all(each["at"] < yes.since for each in entries
                   if each["purpose"] in (pair[0], ALL) and each["channel"] in (pair[1], ALL))


def test_through_a_store_stop_then_yes_then_stop() -> None:
    store = MemoryStore(b"s" * 32, lambda: NOW, new_id)

    def say(tag: EventTag, status: ConsentStatus, purpose: str, channel: str, hours: int) -> list[tuple[str, str]]:
        with store.unit_of_work() as uow:
            uow.ledger.append(ConsentEvent(tag, "p", Capacity.CONSUMER, purpose, channel, ConsentStatus.UNKNOWN,
                                           status, at(hours), "person", "FR-01", "row", "0" * 64))
            if not status.valid:
                uow.suppression.add(ANNA, str(tag), at(hours), channel=channel, purpose=purpose)
            uow.commit()
        with store.reader() as uow:
            told = uow.ledger.states("p"), uow.suppression.find(ANNA)
        return [pair for pair in PAIRS if allowed(*told, *pair)[0]]

    assert say(EventTag.WITHDRAW, ConsentStatus.WITHDRAWN, ALL, ALL, 1) == []
    assert say(EventTag.GRANT, ConsentStatus.RENEWED, "newsletter", "email", 2) == [("newsletter", "email")]
    both = [("newsletter", "email"), ("offers", "sms")]
    assert say(EventTag.GRANT, ConsentStatus.RENEWED, "offers", "sms", 3) == both
    assert say(EventTag.WITHDRAW, ConsentStatus.WITHDRAWN, "newsletter", ALL, 4) == [("offers", "sms")]
    assert say(EventTag.WITHDRAW, ConsentStatus.WITHDRAWN, ALL, ALL, 5) == []
