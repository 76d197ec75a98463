"""The tables, as SQLAlchemy Core. The migration makes the same; a test compares the two."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, stored and read as UTC (SQLite keeps no zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware again."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


metadata = MetaData()

inbox = Table(
    "inbox", metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True), Column("id", String(36), nullable=False, unique=True),
    Column("channel", String(16), nullable=False), Column("source", String(80), nullable=False),
    Column("external_id", Text, nullable=False), Column("content_hash", String(64), nullable=False, unique=True),
    Column("raw", LargeBinary, nullable=False), Column("envelope", JSON, nullable=False),
    Column("received_at", Moment, nullable=False), Column("status", String(16), nullable=False),
    Column("stage", String(80)), Column("error", Text), Column("attempts", Integer, nullable=False),
    Column("explanation", JSON), UniqueConstraint("source", "external_id"), Index("inbox_status", "status", "seq"),
)
outbox = Table(
    "outbox", metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True), Column("id", String(36), nullable=False, unique=True),
    Column("channel", String(16), nullable=False), Column("handle_kind", String(16), nullable=False),
    Column("handle_value", Text, nullable=False), Column("template", String(80), nullable=False),
    Column("language", String(8), nullable=False), Column("envelope_from", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False), Column("message_id", Text, nullable=False, unique=True),
    Column("inbox_id", String(36)), Column("created_at", Moment, nullable=False),
    Column("status", String(16), nullable=False), Column("attempts", Integer, nullable=False),
    Column("not_before", Moment), Column("error", Text), Index("outbox_status", "status", "seq"),
    Index("outbox_recipient", "handle_value", "created_at"),
)
party = Table(
    "party", metadata,
    Column("id", String(36), primary_key=True), Column("capacity", String(16), nullable=False),
    Column("organisation", Text), Column("language", String(8)), Column("country", String(2)),
)
handle = Table(
    "handle", metadata,
    Column("kind", String(16), primary_key=True), Column("value", Text, primary_key=True),
    Column("party_id", String(36), primary_key=True), Index("handle_party", "party_id"),
)
invalid_handle = Table(
    "invalid_handle", metadata,
    Column("kind", String(16), primary_key=True), Column("value", Text, primary_key=True),
)
party_key = Table(
    "party_key", metadata,
    Column("party_id", String(36), primary_key=True), Column("wrapped", LargeBinary, nullable=False),
)
ledger = Table(
    "ledger", metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False), Column("id", String(36), nullable=False),
    Column("schema_version", Integer, nullable=False), Column("tag", String(40), nullable=False),
    Column("party_id", String(36), nullable=False), Column("capacity", String(16), nullable=False),
    Column("purpose", Text, nullable=False), Column("channel", String(16), nullable=False),
    Column("status_before", String(24), nullable=False), Column("status_after", String(24), nullable=False),
    Column("occurred_at", Moment, nullable=False), Column("recorded_at", Moment, nullable=False),
    Column("actor", Text, nullable=False), Column("regime", String(40), nullable=False),
    Column("decision", String(40), nullable=False), Column("source_hash", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False), Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True), Index("ledger_party", "party_id"),
)
projection = Table(
    "projection", metadata,
    Column("party_id", String(36), primary_key=True), Column("purpose", String(80), primary_key=True),
    Column("channel", String(16), primary_key=True), Column("status", String(24), nullable=False),
    Column("since", Moment, nullable=False), Column("sequence", Integer, nullable=False),
)
suppression = Table(
    "suppression", metadata,
    Column("digest", String(64), primary_key=True), Column("channel", String(16), primary_key=True),
    Column("purpose", String(80), primary_key=True), Column("reason", String(40), nullable=False),
    Column("at", Moment, nullable=False), Column("provisional", Boolean, nullable=False),
)
rights_request = Table(
    "rights_request", metadata,
    Column("id", String(36), primary_key=True), Column("party_id", String(36)),
    Column("handle_kind", String(16), nullable=False), Column("handle_value", Text, nullable=False),
    Column("article", String(8), nullable=False), Column("received_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False), Column("status", String(24), nullable=False),
    Column("inbox_id", String(36)),
)
invitation = Table(
    "invitation", metadata,
    Column("id", String(36), primary_key=True), Column("party_id", String(36), nullable=False),
    Column("handle_kind", String(16), nullable=False), Column("handle_value", Text, nullable=False),
    Column("purposes", JSON, nullable=False), Column("channel", String(16), nullable=False),
    Column("message_id", Text, nullable=False, unique=True), Column("sent_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False), Column("notice", Text, nullable=False),
    Column("answered_at", Moment),
)
