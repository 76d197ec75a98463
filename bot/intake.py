"""Store, then acknowledge: the raw bytes are committed before any channel says 250, Seen or 200."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.clock import Clock, NewId
from storage.records import ChannelKind, InboxItem
from storage.unit_of_work import UnitOfWorkFactory


def new_item(raw: bytes, *, channel: ChannelKind, source: str, external_id: str, envelope: Mapping[str, Any],
             received_at: datetime, item_id: str) -> InboxItem:
    """An inbox item, hashed."""
    return InboxItem(item_id, channel, source, external_id, hashlib.sha256(raw).hexdigest(), raw, dict(envelope),
                     received_at)


def accept(raw: bytes, *, channel: ChannelKind, source: str, external_id: str, envelope: Mapping[str, Any],
           store: UnitOfWorkFactory, clock: Clock, new_id: NewId) -> bool:
    """Store and commit; False when the message is there already. Raises what the store raises: no commit, no 250."""
    item = new_item(raw, channel=channel, source=source, external_id=external_id, envelope=envelope,
                    received_at=clock(), item_id=new_id())
    with store() as uow:
        added = uow.inbox.add(item)
        uow.commit()
    return added
