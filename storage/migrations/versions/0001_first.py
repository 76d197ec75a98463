"""The first schema. Written out: what the program's tables become later must not change what this one made."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

CHANNELS = "('email', 'sms', 'phone', 'post', 'chat')"
CAPACITIES = "('consumer', 'professional')"
CONSENT = ("('unknown', 'requested', 'request_deferred', 'given', 'renewed', 'refused', 'withdrawn', 'expired', "
           "'invalidated', 'revoked')")
MOMENT = sa.DateTime(timezone=True)


def later(target: str) -> sa.ForeignKey:
    """A reference, checked at commit."""
    return sa.ForeignKey(target, deferrable=True, initially="DEFERRED")


def upgrade() -> None:
    """Make every table, and the guards of the ledger."""
    make_messages()
    make_people()
    make_proof()
    make_cases()
    guard_sqlite() if op.get_bind().dialect.name == "sqlite" else guard_postgresql()


def make_messages() -> None:
    """What was received and what is to be sent."""
    op.create_table(
        "inbox",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("channel", sa.String(16), nullable=False), sa.Column("source", sa.String(80), nullable=False),
        sa.Column("external_id", sa.Text, nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("raw", sa.LargeBinary, nullable=False), sa.Column("envelope", sa.JSON, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False), sa.Column("status", sa.String(16), nullable=False),
        sa.Column("stage", sa.String(80)), sa.Column("error", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False), sa.Column("explanation", sa.JSON),
        sa.UniqueConstraint("source", "external_id"),
        sa.CheckConstraint(f"channel IN {CHANNELS}", name="inbox_channel"),
        sa.CheckConstraint("status IN ('pending', 'done', 'held', 'failed')", name="inbox_status"),
        sa.CheckConstraint("attempts >= 0", name="inbox_attempts"),
    )
    op.create_index("inbox_status", "inbox", ["status", "seq"])
    op.create_table(
        "outbox",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("channel", sa.String(16), nullable=False), sa.Column("handle_kind", sa.String(16), nullable=False),
        sa.Column("handle_value", sa.Text, nullable=False), sa.Column("template", sa.String(80), nullable=False),
        sa.Column("language", sa.String(8), nullable=False), sa.Column("envelope_from", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False, unique=True),
        sa.Column("inbox_id", sa.String(36), later("inbox.id")),
        sa.Column("created_at", MOMENT, nullable=False), sa.Column("status", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False), sa.Column("not_before", MOMENT), sa.Column("error", sa.Text),
        sa.CheckConstraint(f"channel IN {CHANNELS}", name="outbox_channel"),
        sa.CheckConstraint("status IN ('queued', 'sending', 'sent', 'failed', 'held')", name="outbox_status"),
        sa.CheckConstraint("attempts >= 0", name="outbox_attempts"),
    )
    op.create_index("outbox_status", "outbox", ["status", "seq"])
    op.create_index("outbox_recipient", "outbox", ["handle_value", "created_at"])
    op.create_index("outbox_inbox", "outbox", ["inbox_id"])


def make_people() -> None:
    """Who is known, and who must not be contacted."""
    op.create_table(
        "party",
        sa.Column("id", sa.String(36), primary_key=True), sa.Column("capacity", sa.String(16), nullable=False),
        sa.Column("organisation", sa.Text), sa.Column("language", sa.String(8)), sa.Column("country", sa.String(2)),
        sa.CheckConstraint(f"capacity IN {CAPACITIES}", name="party_capacity"),
    )
    op.create_table(
        "handle",
        sa.Column("kind", sa.String(16), primary_key=True), sa.Column("value", sa.Text, primary_key=True),
        sa.Column("party_id", sa.String(36), later("party.id"), primary_key=True),
        sa.CheckConstraint(f"kind IN {CHANNELS}", name="handle_kind"),
    )
    op.create_index("handle_party", "handle", ["party_id"])
    op.create_table(
        "invalid_handle",
        sa.Column("kind", sa.String(16), primary_key=True), sa.Column("value", sa.Text, primary_key=True),
    )
    op.create_table(
        "suppression",
        sa.Column("digest", sa.String(64), primary_key=True), sa.Column("channel", sa.String(16), primary_key=True),
        sa.Column("purpose", sa.Text, primary_key=True), sa.Column("provisional", sa.Boolean, primary_key=True),
        sa.Column("reason", sa.String(40), nullable=False), sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("length(digest) = 64", name="suppression_digest"),
    )


def make_proof() -> None:
    """The ledger, the keys of what is sealed in it, and its projection."""
    op.create_table(
        "party_key",
        sa.Column("party_id", sa.String(36), primary_key=True), sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "ledger",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("schema_version", sa.Integer, nullable=False), sa.Column("tag", sa.String(40), nullable=False),
        sa.Column("party_id", sa.String(36), nullable=False), sa.Column("capacity", sa.String(16), nullable=False),
        sa.Column("purpose", sa.Text, nullable=False), sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("status_before", sa.String(24), nullable=False),
        sa.Column("status_after", sa.String(24), nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False), sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text, nullable=False), sa.Column("regime", sa.String(40), nullable=False),
        sa.Column("decision", sa.Text, nullable=False), sa.Column("source_hash", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
        sa.CheckConstraint("sequence >= 1", name="ledger_sequence"),
        sa.CheckConstraint(f"capacity IN {CAPACITIES}", name="ledger_capacity"),
        sa.CheckConstraint(f"status_before IN {CONSENT}", name="ledger_status_before"),
        sa.CheckConstraint(f"status_after IN {CONSENT}", name="ledger_status_after"),
        sa.CheckConstraint("length(hash) = 64 AND length(previous_hash) = 64", name="ledger_hashes"),
    )
    op.create_index("ledger_party", "ledger", ["party_id"])
    op.create_table(
        "projection",
        sa.Column("party_id", sa.String(36), primary_key=True), sa.Column("purpose", sa.Text, primary_key=True),
        sa.Column("channel", sa.String(16), primary_key=True), sa.Column("status", sa.String(24), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("sequence", sa.Integer, sa.ForeignKey("ledger.sequence"), nullable=False, unique=True),
        sa.CheckConstraint(f"status IN {CONSENT}", name="projection_status"),
    )


def make_cases() -> None:
    """Rights requests and invitations."""
    op.create_table(
        "rights_request",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("party_id", sa.String(36), later("party.id")),
        sa.Column("handle_kind", sa.String(16), nullable=False), sa.Column("handle_value", sa.Text, nullable=False),
        sa.Column("article", sa.String(8), nullable=False), sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False), sa.Column("status", sa.String(24), nullable=False),
        sa.Column("inbox_id", sa.String(36), later("inbox.id")),
    )
    op.create_index("rights_request_due", "rights_request", ["due_at"])
    op.create_table(
        "invitation",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("party_id", sa.String(36), later("party.id"), nullable=False),
        sa.Column("handle_kind", sa.String(16), nullable=False), sa.Column("handle_value", sa.Text, nullable=False),
        sa.Column("purposes", sa.JSON, nullable=False), sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("message_id", sa.Text, nullable=False, unique=True), sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False), sa.Column("notice", sa.Text, nullable=False),
        sa.Column("answered_at", MOMENT),
    )


def guard_sqlite() -> None:
    """The database refuses to change or remove an entry, or to write one out of turn (INSERT OR REPLACE included)."""
    for verb in ("UPDATE", "DELETE"):
        op.execute(f"CREATE TRIGGER ledger_no_{verb.lower()} BEFORE {verb} ON ledger "
                   "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END")
    op.execute("CREATE TRIGGER ledger_in_turn BEFORE INSERT ON ledger "
               "WHEN NEW.sequence <> (SELECT COALESCE(MAX(sequence), 0) + 1 FROM ledger) "
               "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END")


def guard_postgresql() -> None:
    """The database refuses to change, remove or truncate entries."""
    op.execute("CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS "
               "$$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$")
    op.execute("CREATE TRIGGER ledger_no_change BEFORE UPDATE OR DELETE ON ledger "
               "FOR EACH ROW EXECUTE FUNCTION ledger_append_only()")
    op.execute("CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON ledger "
               "FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()")


def downgrade() -> None:
    """Drop every table; the guards go with theirs."""
    for table in ("invitation", "rights_request", "projection", "ledger", "party_key", "suppression", "invalid_handle",
                  "handle", "party", "outbox", "inbox"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ledger_append_only()")
