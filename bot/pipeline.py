"""The straight line: one inbox item, one database transaction. Start reading here.

parse, check, identify, understand, decide, apply, answer, commit. A crash rolls back and the item is pending
again. What raises is held with its stage and traceback; the line goes on.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any

from bot import rules
from bot.answer import answer, language_of
from bot.crash import crash_point
from bot.explain import Explanation, as_json
from bot.gather import Services, check_context, must_verify, own_verdict, reading_context, state_for
from bot.handlers import apply
from bot.handlers.base import Case
from bot.identify import identify
from bot.intake import new_item
from bot.log import get
from bot.messages import Fact, InboundMessage
from bot.parse import parse
from bot.policy.decide import decide
from bot.policy.load import regime_for
from bot.reported import reported
from storage.records import Capacity, ChannelKind, InboxItem, InboxStatus
from storage.unit_of_work import UnitOfWork


def process_next(services: Services, item_id: str | None = None) -> Explanation | None:
    """Decide the oldest pending item (or this one) and commit; None when there is none to take, or when it raised."""
    with services.store() as uow:
        item = uow.inbox.claim(item_id)
        if item is None:
            return None
        message = parse(item)
        if not must_verify(message, services):
            return settle(item, message, {}, uow, services)
    verified = own_verdict(message, services)  # asks the DNS: nothing is locked meanwhile
    with services.store() as uow:
        if uow.inbox.claim(item.id) is None:
            return None  # another worker was quicker
        return settle(item, message, verified, uow, services)


def settle(item: InboxItem, message: InboundMessage, verified: Mapping[str, str], uow: UnitOfWork,
           services: Services) -> Explanation | None:
    """Follow the line and commit; what raises is rolled back and set aside."""
    try:
        explanation = follow(message, verified, uow, services)
    except Exception as error:
        uow.rollback()
        set_aside(item, error, services)
        return None
    status = InboxStatus.HELD if explanation.decision.hold else InboxStatus.DONE
    uow.inbox.finish(item.id, status, as_json(explanation))
    crash_point("in_transaction")
    uow.commit()
    crash_point("after_commit")
    return explanation


def follow(message: InboundMessage, verified: Mapping[str, str], uow: UnitOfWork, services: Services) -> Explanation:
    """The line itself: what the message becomes, step by step, inside the caller's transaction."""
    now = services.clock()
    findings = rules.check(message, check_context(message, verified, uow, services))
    report = findings.has(Fact.BOUNCE) or findings.has(Fact.COMPLAINT)
    identity = reported(message, uow) if report else identify(message, findings, uow, services.tokens, now)
    state = state_for(identity, uow)
    understanding = services.understand(message.fresh_text, reading_context(message, identity, uow, services))
    regime = regime_for(services.settings.controller.country, message.channel, Capacity.CONSUMER, now.date(),
                        frozenset(services.settings.regimes.overrides))
    decision = decide(findings, understanding, identity, state, regime, now, services.limits)
    reply_id = services.new_message_id()
    outcome = apply(Case(message=message, identity=identity, decision=decision, uow=uow, now=now,
                         new_id=services.new_id, country=services.settings.controller.country,
                         purposes=tuple(services.settings.purposes), reply_id=reply_id,
                         reply_period=services.settings.reply_period, actor=services.actor,
                         language=language_of(understanding, services)))
    reply = answer(message, findings, understanding, decision, outcome, reply_id, services)
    for letter in reply.items:
        uow.outbox.add(letter)
    return Explanation(message, findings, understanding, identity, decision, outcome.changes, reply)


def set_aside(item: InboxItem, failure: Exception, services: Services) -> None:
    """Hold what raised, with its stage and traceback, in a transaction of its own."""
    frames = traceback.extract_tb(failure.__traceback__)
    stage = next((frame.name for frame in frames[2:]), "follow")
    text = "".join(traceback.format_exception(failure))
    with services.store() as uow:
        uow.inbox.fail(item.id, stage, text)
        uow.commit()
    get().error("set_aside", item=item.id, stage=stage, error=type(failure).__name__)


def explain(raw: bytes, envelope: Mapping[str, Any], services: Services) -> dict[str, Any]:
    """Dry run: the same line on an item that is never stored; everything is rolled back."""
    item = new_item(raw, channel=ChannelKind.EMAIL, source="try", external_id="try", envelope=envelope,
                    received_at=services.clock(), item_id=services.new_id())
    message = parse(item)
    verified = own_verdict(message, services) if must_verify(message, services) else {}
    with services.store() as uow:
        return as_json(follow(message, verified, uow, services))
