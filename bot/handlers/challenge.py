"""A no about another handle: that handle is asked, when it is on file; nothing changes on somebody else's word.

Nobody learns whether the handle is known: the sender of the request sees the same either way.
"""

from bot import wording
from bot.handlers.base import Case, Letter, Outcome, covers
from bot.policy.decision import Action, Step

ACTION = Action.CHALLENGE


def handle(step: Step, case: Case) -> Outcome:
    """Ask the handle once a period: strangers must not be able to make us write to it again and again.

    It is asked in its own language, where that is on file.
    """
    who = step.target
    known = case.uow.parties.by_handle(who) if who is not None else ()
    if who is None or not known or not case.uow.parties.handle_valid(who):
        return Outcome()
    if case.uow.outbox.replies_since(who, case.now - case.reply_period):
        return Outcome()
    return Outcome((), (Letter("stop_challenge", who, covers(case, step, who), wording.language_on_file(known)),))
