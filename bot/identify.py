"""Who wrote: token, then reply chain, then authenticated, then claimed, then unknown."""

from __future__ import annotations

from datetime import datetime

from bot.messages import Assurance, Fact, Findings, Identity, InboundMessage
from bot.tokens import Tokens
from storage.records import ChannelKind, Handle, Invitation
from storage.unit_of_work import UnitOfWork

RECIPIENTS = 50  # looked at for a token of ours


def identify(message: InboundMessage, findings: Findings, uow: UnitOfWork, tokens: Tokens, now: datetime) -> Identity:
    """The first predicate that holds; `now` bounds which invitations are open."""
    proven = message.channel is ChannelKind.CHAT or findings.has(Fact.AUTHENTICATED)
    holder = _token_holder(message, uow, tokens)
    if holder is not None:
        own = holder == message.sender
        asked = _invitation(message, uow, holder)
        return _identity(uow, holder, Assurance.TOKEN, own, asked, "our signed token came back")
    if message.sender is None:
        return Identity(None, Assurance.UNKNOWN, authenticated=False, reason="no sender is given")
    asked = _invitation(message, uow, message.sender)
    if asked is not None or _answers_us(message, uow):
        return _identity(uow, message.sender, Assurance.REPLY_CHAIN, proven, asked, "it answers our message")
    if proven:
        return _identity(uow, message.sender, Assurance.AUTHENTICATED, True, None, "the domain vouches for the sender")
    return _identity(uow, message.sender, Assurance.CLAIMED, False, None, "nobody vouches for the sender")


def _identity(uow: UnitOfWork, handle: Handle, assurance: Assurance, proven: bool, asked: Invitation | None,
              reason: str) -> Identity:
    ids = tuple(party.id for party in uow.parties.by_handle(handle))
    return Identity(handle, assurance, proven, ids, asked.id if asked else None, reason)


def _token_holder(message: InboundMessage, uow: UnitOfWork, tokens: Tokens) -> Handle | None:
    """Whom we sent the token to. Forwarded, it is the owner's still: it serves a no, not a yes."""
    for recipient in (*message.envelope.rcpt_to, *message.recipients)[:RECIPIENTS]:
        box, _, detail = recipient.rpartition("@")[0].partition("+")
        row = tokens.verify(detail, "unsub" if box.lower() == "unsub" else "reply") if detail else None
        letter = uow.outbox.get(row) if row else None
        if letter is not None and letter.recipient.value:  # "": the person was erased, and From says who writes
            return letter.recipient
    return None


def _chain(message: InboundMessage) -> tuple[str, ...]:
    return tuple(dict.fromkeys(((message.in_reply_to,) if message.in_reply_to else ()) + message.references))[:20]


def _invitation(message: InboundMessage, uow: UnitOfWork, handle: Handle) -> Invitation | None:
    """The request it answers directly, only when that was sent to the same handle.

    Further up the thread does not count: "OK, thanks" under a later answer of ours is no yes to the first question.
    """
    parent = message.in_reply_to or (message.references[-1] if message.references else None)
    asked = uow.invitations.by_message_id(parent) if parent else None
    return asked if asked is not None and asked.handle == handle else None


def _answers_us(message: InboundMessage, uow: UnitOfWork) -> bool:
    sent = (uow.outbox.by_message_id(each) for each in _chain(message))
    return any(each is not None and each.recipient == message.sender for each in sent)
