"""`python -m benchmarks.permission_pure`: one question to `permission`, beside the plainest answer. No store.

The peer builds the same answer from the states alone. Microseconds, best of many short runs, both in one process.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.policy.permission import permission
from bot.policy.permission_types import Asked, Basis, Known, Means, Operator, Permission, PurposeFacts
from storage.records import Capacity, ConsentState, ConsentStatus, Party, Relation, Source

NOON, DAY, RUNS, EACH = datetime(2026, 11, 24, 10, tzinfo=UTC), timedelta(days=1), 300, 1000
OPERATOR = Operator(purposes={"offers": PurposeFacts(analogous=True, own=True, refusal_in_each=True)})
ANNA = Party("p", Capacity.CONSUMER, country="FR", region="75")
SOLD = Relation("p", Source.PERSON, NOON - DAY, True, True, NOON - DAY)


def consent(means: Means) -> ConsentState:
    """A consent of yesterday."""
    return ConsentState("p", "offers", means.channel, ConsentStatus.GIVEN, NOON - DAY, 7)


def plainest(known: Known, asked: Asked, operator: Operator) -> Permission:
    """The peer: is there a valid state?"""
    yes = any(state.purpose == asked.purpose and state.status.valid for state in known.states)
    return Permission(yes, Basis.CONSENT if yes else Basis.NONE, "consent", "FR-01")


def microseconds(answer: Callable[[Known, Asked, Operator], Permission], known: Known, means: Means) -> float:
    """One question's time."""
    asked = Asked("offers", means, NOON)
    answer(known, asked, OPERATOR)
    return min(timeit.repeat(lambda: answer(known, asked, OPERATOR), number=EACH, repeat=RUNS)) / EACH * 1e6


def main() -> None:
    """Print the table."""
    stopped = {"purpose": "all", "channel": "all", "at": NOON, "provisional": False, "reason": "stop"}
    cases = {
        "consent, e-mail": (Known(ANNA, (consent(Means.EMAIL),)), Means.EMAIL),
        "suppressed": (Known(ANNA, (consent(Means.EMAIL),), (stopped,)), Means.EMAIL),
        "no consent": (Known(ANNA), Means.EMAIL),
        "existing customer": (Known(ANNA, relation=SOLD), Means.EMAIL),
        "consent, call, hours": (Known(ANNA, (consent(Means.PHONE),), calls=(NOON - DAY,)), Means.PHONE),
    }
    for name, (known, means) in cases.items():
        ours, theirs = microseconds(permission, known, means), microseconds(plainest, known, means)
        print(f"{name:<22} {ours:6.2f} us  {ours / theirs:5.1f} x the plainest  {1e6 / ours:9,.0f}/s")


if __name__ == "__main__":
    main()
