"""The only composition root: settings in, wired services out. What only the line needs is imported when it is built."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from starlette.routing import BaseRoute

from bot.changed import Changed
from bot.channels.base import Accept, Receiver
from bot.channels.imap import ImapConfig, ImapReceiver
from bot.channels.lmtp import LmtpConfig, LmtpReceiver
from bot.channels.smtp import SmtpConfig, SmtpSender
from bot.channels.webhook import WebhookConfig, WebhookSender
from bot.clock import NewId, new_id, system_clock
from bot.controller import operator_of
from bot.crash import crash_point
from bot.dkim import DkimSigner
from bot.dns import SystemResolver
from bot.errors import OperatorError
from bot.gather import Services
from bot.intake import accept_many
from bot.messages import Received
from bot.second_reader import SecondReader, SecondReaderConfig
from bot.settings import Settings
from bot.tokens import Tokens
from bot.web import receipt
from bot.web.api.app import routes
from bot.web.api.keys import Key, Scope
from bot.web.api.operation import Desk
from bot.web.app import create
from bot.web.server import HttpServer
from bot.workers import procrastinate as distributed
from bot.workers.beside import beside
from bot.workers.daily import Daily, daily
from bot.workers.housekeep import housekeep
from bot.workers.local import Local
from bot.workers.second import suggest
from bot.workers.watch import Watch
from bot.workers.webhooks import Post, Recipient, Webhooks
from nlp.understanding import Context, Understanding
from storage.chain import derive
from storage.errors import StorageError
from storage.records import ChannelKind
from storage.store import Store, open_store


def open_storage(settings: Settings, *, read_only: bool = False, ids: NewId = new_id) -> Store:
    """The consent store, migrated; or as it is, to read only. `ids`: of ledger entries. Raises OperatorError."""
    try:
        store = open_store(settings.storage.url, secret=settings.key, clock=system_clock, new_id=ids,
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
    """What the line is given. Raises OperatorError when the model's files are damaged."""
    from nlp.understand import reader
    from nlp.weights import FOLDER, DamagedModel

    try:
        understand = reader(settings.understanding.weights or FOLDER).understand
    except DamagedModel as error:
        raise OperatorError(f"{error} Install the package again, or correct understanding.weights.") from error
    return _given(settings, store, understand)


def reviewing(settings: Settings, store: Store) -> Services:
    """The same without a model: for a reviewer, who says what a message wants, and where workers elsewhere read."""
    from nlp.staff import told

    return _given(settings, store, partial(told, intents=()))


def _given(settings: Settings, store: Store, understand: Callable[[str, Context], Understanding]) -> Services:
    resolver = SystemResolver(settings.dns.servers, settings.dns.timeout) if settings.dns.enabled else None
    return Services(store=store.unit_of_work, resolver=resolver, settings=settings, understand=understand,
                    clock=system_clock, new_id=new_id, tokens=tokens(settings))


@dataclass(frozen=True, slots=True)
class App:
    """The bot in one process. `receiver` is the LMTP or SMTP door, when there is one."""

    local: Local
    receivers: tuple[Receiver, ...]
    store: Store
    sender: SmtpSender
    changed: Changed
    watch: Watch
    webhooks: Webhooks | None = None
    second: SecondReader | None = None

    def start(self) -> None:
        """Work, then open the doors."""
        self.watch.start()
        if self.webhooks is not None:
            self.webhooks.start()
        self.local.start()

    @property
    def receiver(self) -> LmtpReceiver:
        """The LMTP or SMTP door; StopIteration when the settings have none."""
        return next(each for each in self.receivers if isinstance(each, LmtpReceiver))

    def lacking(self) -> str | None:
        """What keeps us from working, in words; None when nothing does."""
        try:
            self.store.ping()
        except Exception:  # whatever it is, we are not ready
            return "the store cannot be reached"
        if not self.local.alive() or not (self.webhooks is None or self.webhooks.alive()):
            return "a worker thread has ended: restart the service"
        away = [each for each in self.receivers if isinstance(each, ImapReceiver) and not each.connected.is_set()]
        return f"{len(away)} mailboxes are not connected" if away else None

    def close(self) -> None:
        """Stop, and give everything back."""
        self.local.stop()
        if self.webhooks is not None:
            self.webhooks.stop()
        self.watch.stop()
        self.sender.close()
        if self.second is not None:
            self.second.close()
        self.store.close()


def build(settings: Settings) -> App:
    """Receive by LMTP or SMTP and from mailboxes, decide, deliver by SMTP. Raises OperatorError."""
    if not settings.lmtp.enabled and not settings.imap:
        raise OperatorError("No mail can come in: set lmtp.enabled = true, or describe a mailbox in [[imap]].")
    out, arrived = sender(settings), threading.Event()
    store = open_storage(settings)
    elsewhere = settings.workers.mode == "distributed"
    given = reviewing(settings, store) if elsewhere else services(settings, store)  # the doors need no model
    wake = hinter(settings) if elsewhere else arrived.set
    receivers = tuple(_receivers(settings, store, wake))
    alone = not settings.storage.url.startswith("postgresql")
    second = second_reader(settings)
    afterwards = (lambda stopping: suggest(given, second, stopping)) if second is not None else None
    local = Local(given, out.send, receivers, arrived, alone=alone, works=not elsewhere, afterwards=afterwards,
                  housekeep=partial(housekeep, given, store.reader),
                  daily=Daily(settings, store.unit_of_work, store.reader, system_clock))
    changed = changes_of(store)
    hooks = webhooks(settings, store, changed, alone=alone) if settings.webhooks and not elsewhere else None
    return App(local, receivers, store, out, changed, Watch(store.reader, changed), hooks, second)


def changes_of(store: Store) -> Changed:
    """Wakes who waits, after each commit of this process."""
    changed = Changed()
    store.committed = changed.tell
    return changed


def recipients(settings: Settings) -> tuple[Recipient, ...]:
    """Whom the settings want told of changes."""
    return tuple(Recipient(
        name=hook.name, secret=hook.key, events=frozenset(hook.events), handles=hook.handles,
        sender=WebhookSender(WebhookConfig(hook.url, hook.timeout, hook.allow_private))) for hook in settings.webhooks)


def webhooks(settings: Settings, store: Store, changed: Changed, *, alone: bool) -> Webhooks:
    """Tells them. `alone`: no other process uses this store."""
    post = Post(store=store.unit_of_work, reader=store.reader, clock=system_clock, random=random.SystemRandom().random,
                lease=settings.lease)
    return Webhooks(recipients(settings), post, changed, alone=alone)


def api(settings: Settings, store: Store, changed: Changed) -> list[BaseRoute]:
    """The API, when there is a key that may use it."""
    if not settings.api_keys:
        return []
    keys = tuple(Key(key.name, key.sha256, frozenset(map(Scope, key.scopes))) for key in settings.api_keys)
    return routes(Desk(
        reader=store.reader, writer=store.unit_of_work, clock=system_clock, operator=operator_of(settings),
        country=settings.controller.country, changed=changed, keys=keys,
        quick=settings.storage.url.startswith("sqlite")))


def second_reader(settings: Settings) -> SecondReader | None:
    """A language model of the operator's own, when one is named."""
    given = settings.second_reader
    if given.url is None:
        return None
    return SecondReader(SecondReaderConfig(given.url, given.model, given.secret, given.timeout))


def sender(settings: Settings) -> SmtpSender:
    """The way out. Raises OperatorError when smtp.ca_file or dkim.key_file cannot be used."""
    smtp, dkim = settings.smtp, settings.dkim
    signer = DkimSigner(dkim.domain, dkim.selector, dkim.key_file.read_bytes()) if dkim else None
    return SmtpSender(SmtpConfig(smtp.host, smtp.port, smtp.tls, smtp.user, smtp.secret, smtp.ca_file), signer)


def hinter(settings: Settings) -> Callable[[], None]:
    """Tells the workers elsewhere that something was stored."""
    jobs = distributed.app_for(settings.storage.url)
    distributed.prepare(jobs)
    jobs.open()
    return lambda: distributed.hint(jobs, distributed.INBOX)


def http(settings: Settings, app: App) -> HttpServer:
    """Health, metrics, people's pages and the API. Raises OperatorError when the port is taken."""
    more = [*receipt.routes(settings, app.store.reader, tokens(settings), system_clock),
            *api(settings, app.store, app.changed)]
    return HttpServer(create(app.store.reader, app.lacking, system_clock, more), settings.http.host,
                      settings.http.port, app.changed.close)


def tokens(settings: Settings) -> Tokens:
    """What signs and checks the tokens in addresses and links."""
    return Tokens([derive(settings.key, "tokens")], system_clock)


def work(settings: Settings, name: str) -> None:
    """A worker process: decide and deliver what others receive, until it is told to stop. Raises OperatorError."""
    jobs, out = distributed.app_for(settings.storage.url), sender(settings)
    store = open_storage(settings)
    try:
        distributed.prepare(jobs)
        given, second = services(settings, store), second_reader(settings)
        changed = changes_of(store)
        hooks = webhooks(settings, store, changed, alone=False)
        distributed.register(jobs, given, out.send, lambda stopping: daily(
            settings, store.unit_of_work, store.reader, system_clock(), stopping),
            changed.tell if settings.webhooks else None)
        hooks.start()
        try:
            with (beside("housekeep", lambda stopping: housekeep(given, store.reader)),
                  beside("second", lambda stopping: suggest(given, second, stopping) if second else None)):
                distributed.work(jobs, name)
        finally:
            hooks.stop()
    finally:
        out.close()
        store.close()


def _receivers(settings: Settings, store: Store, wake: Callable[[], object]) -> Iterator[Receiver]:
    """Every way in that the settings name; each stores, commits, and wakes the line."""

    def taker(source: str) -> Accept:
        def take(mails: Sequence[Received]) -> int:
            added = accept_many(mails, channel=ChannelKind.EMAIL, source=source, store=store.unit_of_work,
                                clock=system_clock, new_id=new_id)
            crash_point("after_store")
            wake()
            return added
        return take

    lmtp = settings.lmtp
    if lmtp.enabled:
        own = frozenset(each.lower() for each in (settings.mail.address, *settings.mail.extra_addresses))
        yield LmtpReceiver(LmtpConfig(
            lmtp.host, lmtp.port, lmtp.protocol, lmtp.max_size, own, lmtp.tls_cert, lmtp.tls_key, lmtp.require_tls,
            lmtp.user, lmtp.secret, lmtp.max_connections, lmtp.timeout), taker(lmtp.protocol))
    for box in settings.imap:
        yield ImapReceiver(ImapConfig(
            name=box.name, host=box.host, port=box.port, tls=box.tls, ca_file=box.ca_file, user=box.user or "",
            password=box.secret or "", folder=box.folder, after=box.after, processed_folder=box.processed_folder,
            idle_seconds=box.idle_seconds, poll_seconds=box.poll_seconds, max_size=box.max_size,
        ), taker(f"imap:{box.name}"))
