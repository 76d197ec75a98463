"""From an outcome to the one answer, as an outbox row, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot import wording
from bot.gather import Services
from bot.handlers.base import Outcome
from bot.messages import Findings, Identity, InboundMessage
from bot.policy.decision import Decision
from bot.reply import compose, may_reply
from nlp.understanding import Understanding
from storage.records import ChannelKind, OutboxItem
from templates import LANGUAGES, render


@dataclass(frozen=True, slots=True)
class Reply:
    """The outbox row, or why nothing is said."""

    item: OutboxItem | None = None
    subject: str = ""
    silence: str | None = None


def answer(message: InboundMessage, findings: Findings, identity: Identity, understanding: Understanding,
           decision: Decision, outcome: Outcome, reply_id: str, services: Services) -> Reply:
    """Compose the answer to the handle the message was about; robots and silent rows get none."""
    handle = identity.handle
    if outcome.template is None or not decision.reply or handle is None:
        return Reply(silence="this row of the table sends no answer")
    reason = may_reply(message, findings)
    if reason is not None:
        return Reply(silence=reason)
    if handle.kind is not ChannelKind.EMAIL:
        return Reply(silence="no sender is set up for this channel")
    language = understanding.language if understanding.language in LANGUAGES else "en"
    rendered = render(outcome.template, language, _variables(outcome, handle.value, language, services))
    out = compose(message, rendered, template=outcome.template, language=language, sender=services.settings.sender,
                  to=handle, message_id=reply_id, loop_key=services.loop_key, date=services.clock(),
                  dkim=services.signer)
    item = OutboxItem(id=services.new_id(), channel=out.channel, recipient=handle, template=out.template,
                      language=language, envelope_from=out.envelope_from, payload=out.payload, message_id=reply_id,
                      inbox_id=message.inbox_id, created_at=services.clock())
    return Reply(item, rendered.subject)


def _variables(outcome: Outcome, handle: str, language: str, services: Services) -> dict[str, object]:
    """What templates may show; every name of the catalogue is given, so that a template cannot miss one."""
    given, controller = outcome.variables, services.settings.controller
    since, due = given.get("since"), given.get("due")
    names = [str(name) for name in _listed(given.get("channels"))]
    keys = [str(key) for key in _listed(given.get("purposes"))]
    return {
        "handle": handle, "purposes": wording.purposes(keys, language), "channels": wording.channels(names, language),
        "since": wording.moment(since, language, controller.country) if isinstance(since, datetime) else "",
        "due": wording.day(due, language, controller.country) if isinstance(due, datetime) else "",
        "undo_address": _undo_address(handle, services), "controller": controller.name, "contact": controller.contact,
        "authority": controller.authority, "authority_url": controller.authority_url, "link": "",
        "reference": str(given.get("reference", "")), "narrow": bool(given.get("narrow", False)),
        "article_words": wording.ARTICLES[language].get(str(given.get("article", "")), ""),
    }


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, (list, tuple)) else []


def _undo_address(handle: str, services: Services) -> str:
    """Our address with a signed token: an answer to it proves that the handle's owner got our mail."""
    local, _, domain = services.settings.mail.address.rpartition("@")
    return f"{local}+{services.tokens.sign('reply', handle, services.settings.reply_token_life)}@{domain}"
