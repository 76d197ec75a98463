"""The tables, as SQLAlchemy Core. The migration makes the same; a test compares the two."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
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

from storage.records import Capacity, ChannelKind, ConsentStatus, InboxStatus, OutboxStatus, Pile, Source


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

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """The same from SQLite's text in one step: an audit reads millions."""
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)
        read = datetime.fromisoformat
        return lambda text: None if text is None else read(f"{text}+00:00")


class Words(TypeDecorator[str]):
    """Text from outside: what no database keeps (U+0000, lone surrogates) is replaced, in values and in look-ups."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Storable."""
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _one_of(column: str, allowed: type[StrEnum], table: str) -> CheckConstraint:
    """CHECK (column IN (...)): a status nobody knows is refused by the database itself."""
    listed = ", ".join(f"'{value}'" for value in allowed)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{table}_{column}")


def _refers(target: str) -> ForeignKey:
    """A reference, checked at commit: rows of one transaction may come in any order."""
    return ForeignKey(target, deferrable=True, initially="DEFERRED")


def _id(name: str, *parts: Any, **options: Any) -> Column[str]:
    return Column(name, String(36), *parts, **options)


metadata = MetaData()

inbox = Table(
    "inbox", metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True), _id("id", nullable=False, unique=True),
    Column("channel", String(16), nullable=False), Column("source", String(80), nullable=False),
    Column("external_id", Words, nullable=False), Column("content_hash", String(64), nullable=False, unique=True),
    Column("raw", LargeBinary, nullable=False), Column("envelope", JSON, nullable=False),
    Column("received_at", Moment, nullable=False), Column("status", String(16), nullable=False),
    Column("stage", String(80)), Column("error", Words), Column("attempts", Integer, nullable=False),
    Column("explanation", JSON(none_as_null=True)), UniqueConstraint("source", "external_id"),
    Index("inbox_status", "status", "seq"),
    _one_of("channel", ChannelKind, "inbox"), _one_of("status", InboxStatus, "inbox"),
    CheckConstraint("attempts >= 0", name="inbox_attempts"),
)
outbox = Table(
    "outbox", metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True), _id("id", nullable=False, unique=True),
    Column("channel", String(16), nullable=False), Column("handle_kind", String(16), nullable=False),
    Column("handle_value", Words, nullable=False), Column("template", String(80), nullable=False),
    Column("language", String(8), nullable=False), Column("envelope_from", Words, nullable=False),
    Column("payload", LargeBinary, nullable=False), Column("message_id", Words, nullable=False, unique=True),
    _id("inbox_id", _refers("inbox.id")), Column("created_at", Moment, nullable=False),
    Column("status", String(16), nullable=False), Column("attempts", Integer, nullable=False),
    Column("not_before", Moment), Column("error", Words), Index("outbox_status", "status", "seq"),
    Index("outbox_recipient", "handle_value", "created_at"), Index("outbox_inbox", "inbox_id"),
    _one_of("channel", ChannelKind, "outbox"), _one_of("status", OutboxStatus, "outbox"),
    CheckConstraint("attempts >= 0", name="outbox_attempts"),
)
party = Table(
    "party", metadata,
    _id("id", primary_key=True), Column("capacity", String(16), nullable=False),
    Column("organisation", Words), Column("language", String(8)), Column("country", String(2)),
    Column("region", String(8)), Column("time_zone", String(40)),
    _one_of("capacity", Capacity, "party"),
)
handle = Table(
    "handle", metadata,
    Column("kind", String(16), primary_key=True), Column("value", Words, primary_key=True),
    _id("party_id", _refers("party.id"), primary_key=True), Column("digest", String(64)),
    Index("handle_party", "party_id"), Index("handle_digest", "digest"),
    _one_of("kind", ChannelKind, "handle"),
)
invalid_handle = Table(
    "invalid_handle", metadata,
    Column("kind", String(16), primary_key=True), Column("value", Words, primary_key=True),
)
party_key = Table("party_key", metadata, _id("party_id", primary_key=True),
                  Column("wrapped", LargeBinary, nullable=False))
# Neither the ledger nor its projection refers to party: the proof outlives the file.
ledger = Table(
    "ledger", metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False), _id("id", nullable=False, unique=True),
    Column("schema_version", Integer, nullable=False), Column("tag", String(40), nullable=False),
    _id("party_id", nullable=False), Column("capacity", String(16), nullable=False),
    Column("purpose", Text, nullable=False), Column("channel", String(16), nullable=False),
    Column("status_before", String(24), nullable=False), Column("status_after", String(24), nullable=False),
    Column("occurred_at", Moment, nullable=False), Column("recorded_at", Moment, nullable=False),
    Column("actor", Text, nullable=False), Column("regime", String(40), nullable=False),
    Column("decision", Text, nullable=False), Column("source_hash", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False), Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True), Column("provenance", String(16)),
    Column("valid_until", Moment), Column("notice", String(64)), Index("ledger_party", "party_id"),
    CheckConstraint("sequence >= 1", name="ledger_sequence"), _one_of("capacity", Capacity, "ledger"),
    _one_of("status_before", ConsentStatus, "ledger"), _one_of("status_after", ConsentStatus, "ledger"),
    CheckConstraint("length(hash) = 64 AND length(previous_hash) = 64", name="ledger_hashes"),
)
projection = Table(
    "projection", metadata,
    _id("party_id", primary_key=True), Column("purpose", Text, primary_key=True),
    Column("channel", String(16), primary_key=True), Column("status", String(24), nullable=False),
    Column("since", Moment, nullable=False), Column("valid_until", Moment),
    Column("sequence", Integer, ForeignKey("ledger.sequence"), nullable=False, unique=True),
    Index("projection_until", "valid_until"),
    _one_of("status", ConsentStatus, "projection"),
)
# A pause (provisional) lies beside a no of the same scope: lifting the one must not lift the other.
suppression = Table(
    "suppression", metadata,
    Column("digest", String(64), primary_key=True), Column("channel", String(16), primary_key=True),
    Column("purpose", Text, primary_key=True), Column("provisional", Boolean, primary_key=True),
    Column("reason", String(40), nullable=False), Column("at", Moment, nullable=False),
    CheckConstraint("length(digest) = 64", name="suppression_digest"),
)
rights_request = Table(
    "rights_request", metadata,
    _id("id", primary_key=True), _id("party_id", _refers("party.id")),
    Column("handle_kind", String(16), nullable=False), Column("handle_value", Words, nullable=False),
    Column("article", String(8), nullable=False), Column("received_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False), Column("status", String(24), nullable=False),
    _id("inbox_id", _refers("inbox.id")), Index("rights_request_due", "due_at"),
    Index("rights_request_party", "party_id"),
)
example = Table(
    "example", metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True), _id("id", nullable=False, unique=True),
    _id("inbox_id", _refers("inbox.id"), nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False), Column("channel", String(16), nullable=False),
    Column("context", String(16), nullable=False), Column("language", String(8), nullable=False),
    Column("intents", JSON, nullable=False), Column("decided_by", Words, nullable=False),
    Column("decided_at", Moment, nullable=False), Column("model_version", String(80), nullable=False),
    Column("read_as", JSON, nullable=False), _one_of("channel", ChannelKind, "example"),
)
invitation = Table(
    "invitation", metadata,
    _id("id", primary_key=True), _id("party_id", _refers("party.id"), nullable=False),
    Column("handle_kind", String(16), nullable=False), Column("handle_value", Words, nullable=False),
    Column("purposes", JSON, nullable=False), Column("channel", String(16), nullable=False),
    Column("message_id", Words, nullable=False, unique=True), Column("sent_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False), Column("notice", Text, nullable=False),
    Column("answered_at", Moment), Index("invitation_party", "party_id"),
)
notice = Table(
    "notice", metadata,
    Column("id", String(64), primary_key=True), Column("name", String(80), nullable=False),
    Column("version", String(40), nullable=False), Column("language", String(8), nullable=False),
    Column("text", Words, nullable=False), Column("since", Moment, nullable=False),
)
relation = Table(
    "relation", metadata,
    _id("party_id", _refers("party.id"), primary_key=True), Column("source", String(16), nullable=False),
    Column("collected_at", Moment), Column("at_sale", Boolean, nullable=False),
    Column("refusal_offered", Boolean, nullable=False), Column("last_sale_at", Moment),
    Column("contract_until", Moment), Column("asked_at", Moment), Column("last_contact_at", Moment),
    _id("run_id", _refers("import_run.id")),  # the import that made the file; NULL: it came another way
    Index("relation_contact", "last_contact_at"), _one_of("source", Source, "relation"),
)
import_run = Table(
    "import_run", metadata,
    _id("id", primary_key=True), Column("file_hash", String(64), nullable=False, unique=True),
    Column("name", Words, nullable=False), Column("line", Integer, nullable=False),
    Column("counts", JSON, nullable=False), Column("started_at", Moment, nullable=False), Column("finished_at", Moment),
    Column("by", Words, nullable=False),
)
evidence = Table(
    "evidence", metadata,
    _id("party_id", _refers("party.id"), primary_key=True), Column("purpose", Text, primary_key=True),
    Column("channel", String(16), primary_key=True), Column("claimed", String(24), nullable=False),
    Column("collected_at", Moment), Column("method", String(24), nullable=False),
    Column("notice", String(64), nullable=False), Column("proof", Words, nullable=False),
    _id("run_id", _refers("import_run.id"), nullable=False), Column("line", Integer, nullable=False),
    _one_of("claimed", ConsentStatus, "evidence"),
)
audited = Table(
    "audited", metadata,
    _id("party_id", _refers("party.id"), primary_key=True), Column("purpose", Text, primary_key=True),
    Column("channel", String(16), primary_key=True), Column("pile", String(16), nullable=False),
    Column("reasons", Text, nullable=False), Column("at", Moment, nullable=False), Index("audited_pile", "pile"),
    _one_of("pile", Pile, "audited"),
)
checkpoint = Table(
    "checkpoint", metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False), Column("hash", String(64), nullable=False),
    Column("root", String(64), nullable=False), Column("previous", String(64), nullable=False),
    Column("at", Moment, nullable=False), Column("key_id", String(64), nullable=False),
    Column("signature", LargeBinary, nullable=False),
)
# Calls and attempts, for the law's frequency limit (D223-9): by HMAC, deleted once they no longer count.
call_attempt = Table(
    "call_attempt", metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True), Column("digest", String(64), nullable=False),
    Column("at", Moment, nullable=False), Index("call_attempt_digest", "digest", "at"), Index("call_attempt_at", "at"),
)
# How far each subscriber was told, and what it did with each change; `name` is the operator's, in the settings.
subscriber = Table(
    "subscriber", metadata,
    Column("name", String(80), primary_key=True), Column("after", Integer, nullable=False),
)
delivery = Table(
    "delivery", metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True), Column("subscriber", String(80), nullable=False),
    Column("sequence", Integer, ForeignKey("ledger.sequence"), nullable=False),
    Column("status", String(16), nullable=False), Column("attempts", Integer, nullable=False),
    Column("not_before", Moment), Column("error", Words),
    Column("acknowledged_at", Moment), UniqueConstraint("subscriber", "sequence"),
    Index("delivery_status", "subscriber", "status", "sequence"),
)
