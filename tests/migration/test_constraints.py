"""What the database itself refuses, whoever writes to it."""

import sqlite3

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from storage.store import Store

INBOX = ("INSERT INTO inbox (id, channel, source, external_id, content_hash, raw, envelope, received_at, status, "
         "attempts) VALUES ({0})")
GOOD = "'i', 'email', 'lmtp', 'x', 'h', 'r', '{}', '2026-01-01 00:00:00', 'pending', 0"
OUTBOX = ("INSERT INTO outbox (id, channel, handle_kind, handle_value, template, language, envelope_from, payload, "
          "message_id, inbox_id, created_at, status, attempts) VALUES ('o', 'email', 'email', 'v', 't', 'en', '', 'p', "
          "'m', {0}, '2026-01-01 00:00:00', {1}, 0)")
ENTRY = ("INSERT INTO ledger (sequence, id, schema_version, tag, party_id, capacity, purpose, channel, status_before, "
         "status_after, occurred_at, recorded_at, actor, regime, decision, source_hash, sealed, previous_hash, hash) "
         "VALUES ({0}, 'e', 1, 't', 'p', {1}, 'all', 'all', 'unknown', {2}, '2026-01-01 00:00:00', "
         "'2026-01-01 00:00:00', 'a', 'r', 'd', 's', 'x', {3}, {3})")
HASH = "'" + "a" * 64 + "'"


def execute(store: Store, *statements: str) -> None:
    with store.engine.connect() as connection, connection.begin():
        for statement in statements:
            connection.execute(text(statement.replace(":", r"\:")))


@pytest.mark.parametrize("statements", [
    [INBOX.format(GOOD)],
    [OUTBOX.format("'i'", "'queued'"), INBOX.format(GOOD)],
    [OUTBOX.format("NULL", "'held'")],
    [ENTRY.format(1, "'consumer'", "'given'", HASH)],
    ["INSERT INTO handle (kind, value, party_id) VALUES ('email', 'v', 'p')",
     "INSERT INTO party (id, capacity) VALUES ('p', 'consumer')"],
])
def test_what_is_well_formed_is_taken(store: Store, statements: list[str]) -> None:
    store.migrate()
    execute(store, *statements)


@pytest.mark.parametrize("statements", [
    [INBOX.format(GOOD.replace("pending", "lost"))],
    [INBOX.format(GOOD.replace("'email'", "'pigeon'"))],
    [INBOX.format(GOOD.replace(", 0", ", -1"))],
    [INBOX.format(GOOD.replace("'r'", "NULL"))],
    [INBOX.format(GOOD), INBOX.format(GOOD.replace("'i'", "'j'").replace("'h'", "'k'"))],
    [INBOX.format(GOOD), INBOX.format(GOOD.replace("'i'", "'j'").replace("'x'", "'y'"))],
    [OUTBOX.format("NULL", "'lost'")],
    [OUTBOX.format("'nobody'", "'queued'")],
    [ENTRY.format(0, "'consumer'", "'given'", HASH)],
    [ENTRY.format(1, "'robot'", "'given'", HASH)],
    [ENTRY.format(1, "'consumer'", "'maybe'", HASH)],
    [ENTRY.format(1, "'consumer'", "'given'", "'short'")],
    ["INSERT INTO handle (kind, value, party_id) VALUES ('email', 'v', 'nobody')"],
    ["INSERT INTO projection (party_id, purpose, channel, status, since, sequence) "
     "VALUES ('p', 'all', 'all', 'given', '2026-01-01 00:00:00', 1)"],
    ["INSERT INTO invitation VALUES ('i', 'nobody', 'email', 'v', '[]', 'email', 'm', '2026-01-01 00:00:00', "
     "'2026-01-01 00:00:00', 'n', NULL)"],
    ["INSERT INTO suppression VALUES ('plain', 'all', 'all', false, 'stop', '2026-01-01 00:00:00')"],
])
def test_what_is_not_is_refused(store: Store, statements: list[str]) -> None:
    store.migrate()
    *before, _last = statements
    with pytest.raises((DBAPIError, sqlite3.IntegrityError, psycopg.IntegrityError)) as caught:
        execute(store, *statements)
    assert isinstance(getattr(caught.value, "orig", caught.value), (sqlite3.IntegrityError, psycopg.IntegrityError))
    if before:
        execute(store, *before)
