"""What a consent rests on, how long it lasts, who was told: and the signed checkpoints of the ledger."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

STATUSES = ("('unknown', 'requested', 'request_deferred', 'given', 'renewed', 'refused', 'withdrawn', 'expired', "
            "'invalidated', 'revoked')")
NEW = {"party": ["region", "time_zone"], "handle": ["digest"], "ledger": ["provenance", "valid_until", "notice"],
       "projection": ["valid_until"]}
TABLES = ("delivery", "subscriber", "call_attempt", "checkpoint", "audited", "evidence", "relation", "import_run",
          "notice")


def _party_id() -> sa.Column[str]:
    return sa.Column("party_id", sa.String(36), sa.ForeignKey("party.id", deferrable=True, initially="DEFERRED"),
                     primary_key=True)


def _at(name: str, *, nullable: bool = True) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Add the columns, make the tables."""
    op.add_column("party", sa.Column("region", sa.String(8)))
    op.add_column("party", sa.Column("time_zone", sa.String(40)))
    op.add_column("handle", sa.Column("digest", sa.String(64)))
    op.create_index("handle_digest", "handle", ["digest"])
    op.add_column("ledger", sa.Column("provenance", sa.String(16)))
    op.add_column("ledger", _at("valid_until"))
    op.add_column("ledger", sa.Column("notice", sa.String(64)))
    op.add_column("projection", _at("valid_until"))
    op.create_index("projection_until", "projection", ["valid_until"])
    op.create_index("invitation_party", "invitation", ["party_id"])
    op.create_index("rights_request_party", "rights_request", ["party_id"])
    _contacts()
    _claims()
    _witnesses()


def _contacts() -> None:
    op.create_table(
        "notice", sa.Column("id", sa.String(64), primary_key=True), sa.Column("name", sa.String(80), nullable=False),
        sa.Column("version", sa.String(40), nullable=False), sa.Column("language", sa.String(8), nullable=False),
        sa.Column("text", sa.Text, nullable=False), _at("since", nullable=False))
    op.create_table(
        "import_run", sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("file_hash", sa.String(64), nullable=False, unique=True), sa.Column("name", sa.Text, nullable=False),
        sa.Column("line", sa.Integer, nullable=False), sa.Column("counts", sa.JSON, nullable=False),
        _at("started_at", nullable=False), _at("finished_at"), sa.Column("by", sa.Text, nullable=False))
    op.create_table(
        "relation", _party_id(), sa.Column("source", sa.String(16), nullable=False),
        _at("collected_at"), sa.Column("at_sale", sa.Boolean, nullable=False),
        sa.Column("refusal_offered", sa.Boolean, nullable=False), _at("last_sale_at"), _at("contract_until"),
        _at("asked_at"), _at("last_contact_at"),
        sa.Column("run_id", sa.String(36), sa.ForeignKey("import_run.id", deferrable=True, initially="DEFERRED")),
        sa.CheckConstraint("source IN ('person', 'third_party', 'unknown')", name="relation_source"))
    op.create_index("relation_contact", "relation", ["last_contact_at"])


def _claims() -> None:
    op.create_table(
        "evidence", _party_id(), sa.Column("purpose", sa.Text, primary_key=True),
        sa.Column("channel", sa.String(16), primary_key=True), sa.Column("claimed", sa.String(24), nullable=False),
        _at("collected_at"), sa.Column("method", sa.String(24), nullable=False),
        sa.Column("notice", sa.String(64), nullable=False), sa.Column("proof", sa.Text, nullable=False),
        sa.Column("run_id", sa.String(36), sa.ForeignKey("import_run.id", deferrable=True, initially="DEFERRED"),
                  nullable=False), sa.Column("line", sa.Integer, nullable=False),
        sa.CheckConstraint(f"claimed IN {STATUSES}", name="evidence_claimed"))
    op.create_table(
        "audited", _party_id(), sa.Column("purpose", sa.Text, primary_key=True),
        sa.Column("channel", sa.String(16), primary_key=True), sa.Column("pile", sa.String(16), nullable=False),
        sa.Column("reasons", sa.Text, nullable=False), _at("at", nullable=False),
        sa.CheckConstraint("pile IN ('keep', 'ask', 'suppress', 'delete')", name="audited_pile"))
    op.create_index("audited_pile", "audited", ["pile"])


def _witnesses() -> None:
    op.create_table(
        "checkpoint", sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.String(64), nullable=False), sa.Column("root", sa.String(64), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False), _at("at", nullable=False),
        sa.Column("key_id", sa.String(64), nullable=False), sa.Column("signature", sa.LargeBinary, nullable=False))
    op.create_table(
        "call_attempt", sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("digest", sa.String(64), nullable=False), _at("at", nullable=False))
    op.create_index("call_attempt_digest", "call_attempt", ["digest", "at"])
    op.create_index("call_attempt_at", "call_attempt", ["at"])
    op.create_table(
        "subscriber", sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("after", sa.Integer, nullable=False))
    op.create_table(
        "delivery", sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("subscriber", sa.String(80), nullable=False),
        sa.Column("sequence", sa.Integer, sa.ForeignKey("ledger.sequence"), nullable=False),
        sa.Column("status", sa.String(16), nullable=False), sa.Column("attempts", sa.Integer, nullable=False),
        _at("not_before"), sa.Column("error", sa.Text), _at("acknowledged_at"),
        sa.UniqueConstraint("subscriber", "sequence"))
    op.create_index("delivery_status", "delivery", ["subscriber", "status", "sequence"])


def downgrade() -> None:
    """Drop them."""
    for table in TABLES:
        op.drop_table(table)
    op.drop_index("handle_digest", "handle")
    op.drop_index("projection_until", "projection")
    op.drop_index("invitation_party", "invitation")
    op.drop_index("rights_request_party", "rights_request")
    for table, columns in NEW.items():
        for column in columns:
            op.drop_column(table, column)
