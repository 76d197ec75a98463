"""What one whole message costs the store: CPU and wall milliseconds, SQLite in this process.

Run: python -m benchmarks.message_cost [messages]
The work: intake add and commit; claim, look-ups, party, ledger append, suppression, outbox add, finish, commit;
outbox claim and commit; mark and commit. Four durable commits, as the embedded line does them.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from datetime import timedelta

from bot.clock import new_id, system_clock
from storage.records import (
    ALL,
    Capacity,
    ChannelKind,
    ConsentEvent,
    ConsentStatus,
    EventTag,
    Handle,
    InboxItem,
    InboxStatus,
    OutboxItem,
    OutboxStatus,
    Party,
)
from storage.store import Store, open_store

RAW = b"From: a@example.org\r\nTo: privacy@shop.example\r\n\r\n" + b"STOP\r\n" * 300
REPLY = b"x" * 4000


def intake(store: Store, number: int) -> None:
    """Store and commit."""
    raw = RAW + str(number).encode()
    item = InboxItem(new_id(), ChannelKind.EMAIL, "lmtp", f"<{number}@x>", hashlib.sha256(raw).hexdigest(), raw,
                     {"mail_from": "a@example.org", "rcpt_to": ["privacy@shop.example"]}, system_clock())
    with store.unit_of_work() as uow:
        uow.inbox.add(item)
        uow.commit()


def process(store: Store, number: int) -> None:
    """What the line asks of the store for a withdrawal by an unknown person."""
    now, handle = system_clock(), Handle(ChannelKind.EMAIL, f"person{number}@example.org")
    with store.unit_of_work() as uow:
        item = uow.inbox.claim()
        assert item is not None
        uow.outbox.replies_since(handle, now - timedelta(hours=24))
        uow.parties.by_handle(handle)
        party = Party(new_id(), Capacity.CONSUMER, country="FR")
        uow.parties.add(party, handle)
        uow.ledger.states(party.id)
        uow.ledger.append(ConsentEvent(
            EventTag.WITHDRAW, party.id, Capacity.CONSUMER, ALL, ALL, ConsentStatus.UNKNOWN, ConsentStatus.WITHDRAWN,
            now, "person", "FR-01", "stop", item.content_hash, {"handle": handle.value}))
        uow.suppression.add(handle, "stop", now, channel=ALL, purpose=ALL)
        uow.outbox.add(OutboxItem(new_id(), ChannelKind.EMAIL, handle, "withdrawal_confirmed", "fr", "", REPLY,
                                  f"<r{number}@shop.example>", item.id, now))
        uow.inbox.finish(item.id, InboxStatus.DONE, {"decision": {"row": "stop"}, "fresh": "STOP" * 100})
        uow.commit()


def deliver(store: Store) -> None:
    """Claim one, commit, mark it sent, commit."""
    with store.unit_of_work() as uow:
        (item,) = uow.outbox.claim(system_clock(), 1)
        uow.commit()
    with store.unit_of_work() as uow:
        uow.outbox.mark(item.id, OutboxStatus.SENT)
        uow.commit()


def measure(store: Store, messages: int) -> tuple[float, float]:
    """CPU and wall milliseconds a message."""
    for number in range(messages // 10):
        intake(store, -1 - number)
        process(store, -1 - number)
        deliver(store)
    cpu, wall = time.process_time(), time.perf_counter()
    for number in range(messages):
        intake(store, number)
        process(store, number)
        deliver(store)
    return (time.process_time() - cpu) * 1000 / messages, (time.perf_counter() - wall) * 1000 / messages


def main(messages: int) -> None:
    """Print the two figures."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/s.sqlite3", secret=b"s" * 32, clock=system_clock, new_id=new_id)
        store.migrate()
        cpu, wall = measure(store, messages)
        store.close()
    print(f"one message's storage work: {cpu:.3f} ms CPU, {wall:.3f} ms wall ({messages} messages, SQLite)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
