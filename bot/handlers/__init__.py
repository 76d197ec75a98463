"""One handler per action, in one explicit tuple; `apply` runs a decision's steps in order."""

from __future__ import annotations

from bot.handlers import (
    ask_click,
    challenge,
    grant,
    help,
    hold,
    invalidate,
    object,
    pause,
    refuse,
    rights,
    subscribe,
    unclear,
    withdraw,
)
from bot.handlers.base import Case, Outcome
from bot.policy.decision import Action

HANDLERS = (withdraw, object, refuse, grant, ask_click, subscribe, rights, challenge, pause, hold, help, unclear,
            invalidate)

BY_ACTION = {module.ACTION: module.handle for module in HANDLERS}


def apply(case: Case) -> Outcome:
    """Run every step; what changed and what is to be said add up, in the order of the steps."""
    outcomes = [BY_ACTION[step.action](step, case) for step in case.decision.steps if step.action is not Action.IGNORE]
    return Outcome(tuple(change for outcome in outcomes for change in outcome.changes),
                   tuple(letter for outcome in outcomes for letter in outcome.letters))
