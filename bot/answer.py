"""From an outcome to the answer, as outbox rows, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import wording
from bot.gather import Services
from bot.handlers.base import Letter, Outcome
from bot.messages import Findings, InboundMessage
from bot.policy.decision import Decision
from bot.reply import compose, may_reply
from nlp.understanding import Understanding
from storage.records import ChannelKind, Handle, OutboxItem
from templates import LANGUAGES, render

RECEIPT = "receipt"  # what the link's token is for
RECEIPT_LIFE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Reply:
    """The outbox rows, the answer to the sender first; or why nothing is said."""

    items: tuple[OutboxItem, ...] = ()
    subject: str = ""
    silence: str | None = None


def answer(message: InboundMessage, findings: Findings, understanding: Understanding, decision: Decision,
           outcome: Outcome, reply_id: str, services: Services) -> Reply:
    """One mail to each handle there is something to say to, all of it in that one mail; robots get none."""
    letters = [letter for letter in outcome.letters if letter.to.kind is ChannelKind.EMAIL]
    if not decision.reply or not outcome.letters:
        return Reply(silence=f"the row {decision.row} sends none")
    reason = may_reply(message, findings)
    if reason is not None:
        return Reply(silence=reason)
    if not letters:
        return Reply(silence="no sender is set up for this channel")
    language = language_of(understanding)
    items, subjects = [], []
    for number, to in enumerate(dict.fromkeys(letter.to for letter in letters)):
        ours = [letter for letter in letters if letter.to == to]
        item, subject = _mail(message, to, ours, language, services.new_message_id() if number else reply_id, services)
        items.append(item)
        subjects.append(subject)
    return Reply(tuple(items), subjects[0])


def language_of(understanding: Understanding) -> str:
    """The language we answer in: the person's when we have words in it."""
    return understanding.language if understanding.language in LANGUAGES else "en"


def _mail(message: InboundMessage, to: Handle, letters: Sequence[Letter], language: str, message_id: str,
          services: Services) -> tuple[OutboxItem, str]:
    """The outbox row and its subject. Only the sender's own answer goes into the sender's thread."""
    item_id = services.new_id()
    token = services.tokens.sign("reply", item_id, services.settings.reply_token_life)
    own, _, domain = services.settings.mail.address.rpartition("@")
    back = f"{own}+{token}@{domain}"  # an answer to it proves who got this mail
    said = [(letter.template, _variables(letter, back, language, services)) for letter in letters]
    rendered = render(said, language)
    out = compose(message if to == message.sender else None, rendered, template=letters[0].template, language=language,
                  sender=services.settings.sender, to=to, message_id=message_id, loop_key=services.loop_key,
                  date=services.clock(), reply_to=back)
    return OutboxItem(id=item_id, channel=out.channel, recipient=to, template=out.template,
                      language=language, envelope_from=out.envelope_from, payload=out.payload, message_id=message_id,
                      inbox_id=message.inbox_id, created_at=services.clock()), rendered.subject


def _variables(letter: Letter, back: str, language: str, services: Services) -> dict[str, object]:
    """What templates may show: every name of `templates/catalogue.toml`, so that a template cannot miss one."""
    given, controller = letter.variables, services.settings.controller
    since, due = given.get("since"), given.get("due")
    names = [str(name) for name in _listed(given.get("channels"))]
    keys = [str(key) for key in _listed(given.get("purposes"))]
    return {
        "handle": letter.to.value, "purposes": wording.purposes(keys, language),
        "channels": wording.channels(names, language),
        "capacities": wording.capacities([str(each) for each in _listed(given.get("capacities"))], language),
        "since": wording.moment(since, language, controller.country) if isinstance(since, datetime) else "",
        "due": wording.day(due, language, controller.country) if isinstance(due, datetime) else "",
        "undo_address": back, "controller": controller.name,
        "contact": controller.contact, "authority": controller.authority, "authority_url": controller.authority_url,
        "reference": str(given.get("reference", "")), "narrow": bool(given.get("narrow", False)),
        "receipts": [receipt_url(str(each), services) for each in _listed(given.get("files"))],
        "article_words": wording.ARTICLES[language].get(str(given.get("article", "")), ""),
    }


def receipt_url(party_id: str, services: Services) -> str:
    """Where the party's receipt is shown to whoever has the link, for a while; "" when we have no public address."""
    base = services.settings.http.public_url
    return f"{base}/receipt/{services.tokens.sign(RECEIPT, party_id, RECEIPT_LIFE)}" if base else ""


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, (list, tuple)) else []
