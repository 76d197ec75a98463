"""What `decide` returns. Frozen, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from nlp.understanding import Scope
from storage.records import Handle, RightsArticle


class Action(StrEnum):
    """What is done with a message; each has a handler in `bot/handlers/`, `IGNORE` needs none."""

    IGNORE = "ignore"  # automatic, loop, unrelated
    HOLD = "hold"  # a reviewer reads it; no answer
    PAUSE = "pause"  # marketing suspended at once, provisionally, and held
    WITHDRAW = "withdraw"
    OBJECT = "object"
    REFUSE = "refuse"
    GRANT = "grant"
    ASK_CLICK = "ask_click"  # a yes that lacks proof: ask once
    SUBSCRIBE = "subscribe"  # double opt-in: ask
    RIGHTS = "rights"  # open a request and acknowledge
    CHALLENGE = "challenge"  # about another handle: ask through that handle, when it is on file
    INVALIDATE = "invalidate"  # hard bounce
    HELP = "help"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Step:
    """One action with what it covers."""

    action: Action
    scope: Scope = field(default_factory=Scope)
    article: RightsArticle | None = None
    target: Handle | None = None  # whom a challenge asks


class Priority(StrEnum):
    """Order of the review queue."""

    FIRST = "first"  # complaint, lawyer, authority
    NORMAL = "normal"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Decision:
    """Steps in order of precedence, the row of the table that gave each, and why in words."""

    steps: tuple[Step, ...]
    row: str  # id of the first row that matched, e.g. "stop"
    reason: str
    hold: bool = False  # a reviewer must look, whatever the steps did
    priority: Priority = Priority.NORMAL
    reply: bool = True  # may an answer be sent at all (rows for robots say no)
    regime: str = ""  # id of the regime row used
