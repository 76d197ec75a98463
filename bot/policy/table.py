"""The decision table, readable aloud: the first row that matches an intent says what is done.

Source: the law's precedence threat > right > withdrawal > refusal > grant (a yes and a STOP make a STOP).
Thresholds are calibrated probabilities in [0, 1]; a stop needs less than a right, a right less than a yes.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.policy.decision import Action
from nlp.intents import Intent
from storage.records import RightsArticle


@dataclass(frozen=True, slots=True)
class Row:
    """One row: an intent, what it gets, what it gets below its threshold, and the threshold's name."""

    id: str
    intent: Intent
    action: Action
    below: Action
    threshold: str
    article: RightsArticle | None = None


ROWS: tuple[Row, ...] = (
    # a right opens a request: the clock starts at receipt (GDPR 12(3))
    Row("right-access", Intent.ACCESS, Action.RIGHTS, Action.HOLD, "right", RightsArticle.A15),
    Row("right-erasure", Intent.ERASURE, Action.RIGHTS, Action.PAUSE, "right", RightsArticle.A17),
    Row("right-rectification", Intent.RECTIFICATION, Action.RIGHTS, Action.HOLD, "right", RightsArticle.A16),
    Row("right-portability", Intent.PORTABILITY, Action.RIGHTS, Action.HOLD, "right", RightsArticle.A20),
    Row("right-restriction", Intent.RESTRICTION, Action.RIGHTS, Action.PAUSE, "right", RightsArticle.A18),
    Row("right-objection", Intent.OBJECTION, Action.RIGHTS, Action.PAUSE, "right", RightsArticle.A21),
    # a no needs one signal, whoever sends it; in doubt marketing pauses at once
    Row("withdraw", Intent.WITHDRAW, Action.WITHDRAW, Action.PAUSE, "stop"),
    Row("stop", Intent.UNSUBSCRIBE, Action.OBJECT, Action.PAUSE, "stop"),
    Row("refuse", Intent.REFUSE, Action.REFUSE, Action.PAUSE, "stop"),
    # a yes is never guessed; to ask somebody who seems to wish it (double opt-in) needs less than to believe a yes
    Row("grant", Intent.GRANT, Action.GRANT, Action.ASK_CLICK, "grant"),
    Row("subscribe", Intent.SUBSCRIBE, Action.SUBSCRIBE, Action.HOLD, "right"),
)

STOPS = frozenset({Action.WITHDRAW, Action.OBJECT, Action.REFUSE})
YESES = frozenset({Action.GRANT, Action.ASK_CLICK, Action.SUBSCRIBE})
NOES = frozenset(row.intent for row in ROWS if row.action in STOPS or row.below is Action.PAUSE)
RIGHTS = frozenset(row.intent for row in ROWS if row.action is Action.RIGHTS)
