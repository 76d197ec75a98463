"""Who a machine report (DSN, ARF) is about: the recipient of our own message that it returns.

A report's From is a mail system, never the person; only our own Message-ID says whom we wrote to.
"""

from __future__ import annotations

from bot.messages import Assurance, Identity, InboundMessage
from storage.unit_of_work import UnitOfWork


def reported(message: InboundMessage, uow: UnitOfWork) -> Identity:
    """The person whose copy came back (RFC 3464, RFC 5965), or nobody when it was never ours."""
    original = message.report.original.get("Message-ID") if message.report else None
    sent = uow.outbox.by_message_id(original.strip()) if original else None
    if sent is None or not sent.recipient.value:  # "": the person was erased
        return Identity(None, Assurance.UNKNOWN, authenticated=False, reason="the report names no message of ours")
    parties = tuple(party.id for party in uow.parties.by_handle(sent.recipient))
    return Identity(sent.recipient, Assurance.CLAIMED, authenticated=False, party_ids=parties,
                    reason="recipient of our message")
