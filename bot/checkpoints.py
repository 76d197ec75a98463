"""Signing what the ledger says: on demand, and by itself once it is time."""

from __future__ import annotations

from datetime import timedelta

from bot.clock import Clock
from storage.records import SignedCheckpoint
from storage.unit_of_work import UnitOfWork, UnitOfWorkFactory
from storage.verify import unsigned


def checkpoint(reader: UnitOfWorkFactory, store: UnitOfWorkFactory, clock: Clock) -> SignedCheckpoint | None:
    """Verify what is new, sign it, keep it; None when nothing is new, or another process was quicker.

    Verifying only reads: nobody waits meanwhile. Raises Unreadable: what does not verify is not signed.
    """
    with reader() as uow:
        newest = uow.checkpoints.newest()
        new = unsigned(uow.ledger, newest)
    if new is None:
        return None
    head, root = new
    with store() as uow:
        made = uow.checkpoints.add(newest, head.sequence, head.hash, root, clock())
        uow.commit()
    return made


def due(uow: UnitOfWork, clock: Clock, entries: int, period: timedelta) -> bool:
    """Whether so many entries are not signed yet, or any at all and the last checkpoint is that old."""
    newest = uow.checkpoints.newest()
    after = newest.sequence if newest else 0
    if uow.ledger.entries(after + entries - 1, 1):
        return True
    old = newest is None or clock() - newest.at >= period
    return old and bool(uow.ledger.entries(after, 1))
