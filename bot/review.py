"""A reviewer says what a held or failed message wants: it goes down the line once more, and becomes an example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from bot.errors import OperatorError
from bot.explain import Explanation, as_json
from bot.gather import Services, must_verify, own_verdict, reading_context
from bot.parse import parse
from bot.pipeline import follow
from bot.policy.decision import Action
from bot.policy.table import ROWS
from nlp.intents import Intent
from nlp.staff import told
from storage.records import ALL, ChannelKind, EventTag, Handle, InboxItem, InboxStatus, LabelledExample
from storage.unit_of_work import UnitOfWork

ALONE = (Intent.OTHER, Intent.AUTO_REPLY)
OPEN = frozenset(row.intent for row in ROWS if row.action is Action.RIGHTS and row.below is Action.PAUSE)
KEPT = ("understanding", "decision", "changes", "reply", "second")  # of what was said before


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reviewer says."""

    item_id: str
    intents: tuple[Intent, ...]
    by: str


def review(verdict: Verdict, services: Services, *, dry_run: bool = False) -> dict[str, Any]:
    """Carry it out and commit; the new explanation. A dry run rolls back. Raises OperatorError: nothing has changed."""
    _check(verdict)
    with services.store() as uow:
        item = uow.inbox.get(verdict.item_id)
    if item is None:
        raise OperatorError(f"There is no item {verdict.item_id}: see `consentry inbox list`.")
    message = parse(item)
    verified = own_verdict(message, services) if must_verify(message, services) else {}  # may ask the DNS
    with services.store() as uow:
        item = _taken(verdict.item_id, uow)
        explanation = _followed(item, verdict, verified, uow, services)
        outcome = _recorded(item, explanation, verdict, uow, services)
        if not dry_run:
            uow.commit()
    return outcome


def _check(verdict: Verdict) -> None:
    """Raises OperatorError."""
    if len(set(verdict.intents)) > 1 and set(ALONE) & set(verdict.intents):
        raise OperatorError("`other` and `auto_reply` stand alone: leave them out, or the rest.")
    if not verdict.by.strip() or not verdict.by.isprintable() or len(verdict.by) > 80:
        raise OperatorError("Say who decides in at most 80 printable characters: --by NAME.")


def _taken(item_id: str, uow: UnitOfWork) -> InboxItem:
    """Ours until the transaction ends. Raises OperatorError when it no longer waits."""
    item = uow.inbox.claim(item_id) if uow.inbox.release(item_id) else None
    if item is None:
        raise OperatorError(f"{item_id} is neither held nor failed: see `consentry inbox list`.")
    return item


def _followed(item: InboxItem, verdict: Verdict, verified: Mapping[str, str], uow: UnitOfWork,
              services: Services) -> Explanation:
    """The line, with what is left of the verdict: what was done when the message was held is not done twice."""
    done = _done(item.explanation or {})
    left = tuple(intent for intent in dict.fromkeys(verdict.intents) if intent not in done)
    line = replace(services, understand=partial(told, intents=left), actor=f"staff:{verdict.by}")
    try:
        explanation = follow(parse(item), verified, uow, line)
    except Exception as error:
        raise OperatorError(f"{item.id} cannot be carried out ({type(error).__name__}), so nothing was changed: "
                            f"see `consentry inbox show {item.id}`.") from error
    if explanation.understanding.abstained:
        raise OperatorError(f"What the yes covers cannot be read: {explanation.understanding.abstained}. "
                            "`subscribe` asks the person, `other` closes it.")
    return explanation


def _done(before: Mapping[str, Any]) -> frozenset[Intent]:
    """The wishes that were carried out although the message was held."""
    steps = [(step["action"], step["article"]) for step in before.get("decision", {}).get("steps", [])]
    return frozenset(row.intent for row in ROWS if (row.action, row.article) in steps)


def _recorded(item: InboxItem, explanation: Explanation, verdict: Verdict, uow: UnitOfWork,
              services: Services) -> dict[str, Any]:
    """The item is done, its pause is over, and the reader has an example; all as JSON."""
    before, outcome, now = item.explanation or {}, as_json(explanation), services.clock()
    if _lifted(before, verdict, uow):
        outcome["changes"].append({"event": str(EventTag.RESUME), "purpose": ALL, "channel": ALL})
    outcome["review"] = {"by": verdict.by, "at": now.isoformat(), "intents": [str(each) for each in verdict.intents],
                         "before": {name: before[name] for name in KEPT if name in before}}
    uow.inbox.finish(item.id, InboxStatus.DONE, outcome)
    read, message = before.get("understanding", {}), explanation.message
    context = reading_context(message, explanation.identity, uow, services)
    uow.examples.add(LabelledExample(
        services.new_id(), item.id, message.fresh_text, message.subject, message.channel, str(context.thread),
        explanation.understanding.language, tuple(map(str, dict.fromkeys(verdict.intents))), verdict.by, now,
        read.get("model_version", ""), tuple(read.get("intents", ()))))
    return outcome


def _lifted(before: Mapping[str, Any], verdict: Verdict, uow: UnitOfWork) -> bool:
    """End the pause that holding the message had set; False when it set none, or when something keeps it.

    A no has recorded what it stops. A request that marketing waits for (erasure, restriction, objection) keeps the
    pause, and so does another held message of the same person.
    """
    handle = before.get("identity", {}).get("handle")
    if not _paused(before) or handle is None or OPEN & set(verdict.intents):
        return False
    if any(_paused(other) and other["identity"]["handle"] == handle for other in uow.inbox.held().values()):
        return False
    who = Handle(ChannelKind(before["message"]["channel"]), handle)
    uow.suppression.lift(who, channel=ALL, purpose=ALL, provisional_only=True)
    return True


def _paused(explanation: Mapping[str, Any]) -> bool:
    """Whether marketing to its sender pauses because of it."""
    steps = explanation.get("decision", {}).get("steps", [])
    return any(step["action"] == Action.PAUSE for step in steps) or bool(explanation.get("second", {}).get("paused"))
