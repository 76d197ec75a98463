"""The only composition root: settings in, wired services out. What only the line needs is imported when it is built."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.channels.lmtp import LmtpConfig, LmtpReceiver
from bot.channels.smtp import SmtpConfig, SmtpSender
from bot.clock import new_id, system_clock
from bot.crash import crash_point
from bot.dkim import DkimSigner
from bot.errors import OperatorError
from bot.gather import Services
from bot.intake import accept
from bot.settings import Settings
from bot.tokens import Tokens
from bot.workers.local import Local
from nlp.understand import understand
from storage.chain import derive
from storage.errors import StorageError
from storage.records import ChannelKind
from storage.store import Store, open_store


def open_storage(settings: Settings, *, read_only: bool = False) -> Store:
    """The consent store, migrated; or as it is, to read only. Raises OperatorError."""
    try:
        store = open_store(settings.storage.url, secret=settings.key, clock=system_clock, new_id=new_id,
                           read_only=read_only)
        try:
            if not read_only:
                store.migrate()
        except BaseException:
            store.close()
            raise
    except StorageError as error:
        raise OperatorError(str(error)) from error
    return store


def services(settings: Settings, store: Store) -> Services:
    """What the line is given."""
    signer = None
    if settings.dkim is not None:
        signer = DkimSigner(settings.dkim.domain, settings.dkim.selector, settings.dkim.key_file.read_bytes())
    return Services(store=store.unit_of_work, settings=settings, understand=understand, clock=system_clock,
                    new_id=new_id, tokens=Tokens([derive(settings.key, "tokens")], system_clock), signer=signer)


@dataclass(frozen=True, slots=True)
class App:
    """The whole bot in one process."""

    local: Local
    receiver: LmtpReceiver
    store: Store
    sender: SmtpSender

    def close(self) -> None:
        """Stop, and give everything back."""
        self.local.stop()
        self.sender.close()
        self.store.close()


def build(settings: Settings) -> App:
    """Receive by LMTP or SMTP, decide, deliver by SMTP."""
    store = open_storage(settings)
    given, arrived, lmtp = services(settings, store), threading.Event(), settings.lmtp

    def take(raw: bytes, external_id: str, envelope: Mapping[str, Any]) -> bool:
        added = accept(raw, channel=ChannelKind.EMAIL, source=lmtp.protocol, external_id=external_id,
                       envelope=envelope, store=store.unit_of_work, clock=system_clock, new_id=new_id)
        crash_point("after_store")
        arrived.set()
        return added

    own = frozenset(each.lower() for each in (settings.mail.address, *settings.mail.extra_addresses))
    receiver = LmtpReceiver(LmtpConfig(lmtp.host, lmtp.port, lmtp.protocol, lmtp.max_size, own), take)
    smtp = settings.smtp
    sender = SmtpSender(SmtpConfig(smtp.host, smtp.port, smtp.tls, smtp.user, smtp.secret))
    return App(Local(given, sender.send, [receiver], arrived), receiver, store, sender)
