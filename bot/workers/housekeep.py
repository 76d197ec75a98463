"""What is to be done now and then: sign the ledger when it is time, scrub archived messages whose time is over."""

from __future__ import annotations

from bot.checkpoints import checkpoint, due
from bot.erasure import forget
from bot.gather import Services
from bot.log import get
from storage.unit_of_work import UnitOfWorkFactory
from storage.verify import Unreadable


def housekeep(services: Services, reader: UnitOfWorkFactory) -> None:
    """Look, and do what is due. Several processes at once do no harm: the second finds it done."""
    told, clock = services.settings.proof, services.clock
    with reader() as uow:
        sign = due(uow, clock, told.checkpoint_entries, told.checkpoint_period)
        over = uow.erasures.overdue(clock())
    if sign:
        try:
            made = checkpoint(reader, services.store, clock)
            if made is not None:
                get().info("signed", sequence=made.sequence, hash=made.hash)
        except Unreadable as error:
            get().error("ledger_broken", sequence=error.sequence, reason=str(error))
    if over:
        with services.store() as uow:
            scrubbed = forget(uow, clock())
            uow.commit()
        get().info("archive_over", messages=scrubbed)
