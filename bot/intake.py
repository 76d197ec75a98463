"""Store, then acknowledge: the raw bytes are committed before any channel says 250, Seen or 200."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.clock import Clock, NewId
from bot.messages import Received
from storage.records import ChannelKind, InboxItem
from storage.unit_of_work import UnitOfWorkFactory


def new_item(raw: bytes, *, channel: ChannelKind, source: str, external_id: str, envelope: Mapping[str, Any],
             received_at: datetime, item_id: str) -> InboxItem:
    """An inbox item, hashed."""
    return InboxItem(item_id, channel, source, external_id, hashlib.sha256(raw).hexdigest(), raw, dict(envelope),
                     received_at)


def accept_many(mails: Sequence[Received], *, channel: ChannelKind, source: str, store: UnitOfWorkFactory,
                clock: Clock, new_id: NewId) -> int:
    """Store all of them in one commit; how many were new. Raises what the store raises: no commit, no 250, no move."""
    items = [new_item(mail.raw, channel=channel, source=source, external_id=mail.external_id, envelope=mail.envelope,
                      received_at=clock(), item_id=new_id()) for mail in mails]
    with store() as uow:
        added = sum([uow.inbox.add(item) for item in items])
        uow.commit()
    return added


def accept(raw: bytes, *, channel: ChannelKind, source: str, external_id: str, envelope: Mapping[str, Any],
           store: UnitOfWorkFactory, clock: Clock, new_id: NewId) -> bool:
    """One message; False when it is there already."""
    return accept_many([Received(raw, external_id, envelope)], channel=channel, source=source, store=store,
                       clock=clock, new_id=new_id) == 1
