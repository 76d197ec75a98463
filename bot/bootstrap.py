"""The only composition root: settings in, wired services out. What only the line needs is imported when it is built."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.channels.base import Accept, Receiver
from bot.channels.imap import ImapConfig, ImapReceiver
from bot.channels.lmtp import LmtpConfig, LmtpReceiver
from bot.channels.smtp import SmtpConfig, SmtpSender
from bot.clock import new_id, system_clock
from bot.crash import crash_point
from bot.dkim import DkimSigner
from bot.errors import OperatorError
from bot.gather import Services
from bot.intake import Together, accept_many
from bot.messages import Received
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
    """The whole bot in one process. `receiver` is the LMTP or SMTP door, when there is one."""

    local: Local
    receivers: tuple[Receiver, ...]
    store: Store
    sender: SmtpSender

    @property
    def receiver(self) -> LmtpReceiver:
        """The LMTP or SMTP door; StopIteration when the settings have none."""
        return next(each for each in self.receivers if isinstance(each, LmtpReceiver))

    def close(self) -> None:
        """Stop, and give everything back."""
        self.local.stop()
        self.sender.close()
        self.store.close()


def build(settings: Settings) -> App:
    """Receive by LMTP or SMTP and from mailboxes, decide, deliver by SMTP. Raises OperatorError."""
    if not settings.lmtp.enabled and not settings.imap:
        raise OperatorError("No mail can come in: set lmtp.enabled = true, or describe a mailbox in [[imap]].")
    store = open_storage(settings)
    given, arrived, smtp = services(settings, store), threading.Event(), settings.smtp
    receivers = tuple(_receivers(settings, store, arrived))
    sender = SmtpSender(SmtpConfig(smtp.host, smtp.port, smtp.tls, smtp.user, smtp.secret, smtp.ca_file))
    return App(Local(given, sender.send, receivers, arrived), receivers, store, sender)


def _receivers(settings: Settings, store: Store, arrived: threading.Event) -> Iterator[Receiver]:
    """Every way in that the settings name; each stores, commits, and wakes the line."""

    def taker(source: str) -> Accept:
        def take(mails: Sequence[Received]) -> int:
            added = accept_many(mails, channel=ChannelKind.EMAIL, source=source, store=store.unit_of_work,
                                clock=system_clock, new_id=new_id)
            crash_point("after_store")
            arrived.set()
            return added
        return take

    lmtp = settings.lmtp
    if lmtp.enabled:
        own = frozenset(each.lower() for each in (settings.mail.address, *settings.mail.extra_addresses))
        together = Together(taker(lmtp.protocol))
        yield LmtpReceiver(LmtpConfig(
            lmtp.host, lmtp.port, lmtp.protocol, lmtp.max_size, own, lmtp.tls_cert, lmtp.tls_key, lmtp.require_tls,
            lmtp.user, lmtp.secret, lmtp.max_connections, lmtp.timeout),
                           lambda raw, name, envelope: together.accept(Received(raw, name, envelope)))
    for box in settings.imap:
        yield ImapReceiver(ImapConfig(
            name=box.name, host=box.host, port=box.port, tls=box.tls, ca_file=box.ca_file, user=box.user or "",
            password=box.secret or "", folder=box.folder, after=box.after, processed_folder=box.processed_folder,
            idle_seconds=box.idle_seconds, poll_seconds=box.poll_seconds, max_size=box.max_size,
        ), taker(f"imap:{box.name}"))
