"""What reviewers said that messages want."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

CHANNELS = "('email', 'sms', 'phone', 'post', 'chat')"


def upgrade() -> None:
    """Make the table; text and subject are in `sealed`."""
    op.create_table(
        "example",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("inbox_id", sa.String(36), sa.ForeignKey("inbox.id", deferrable=True, initially="DEFERRED"),
                  nullable=False, unique=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False), sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("context", sa.String(16), nullable=False), sa.Column("language", sa.String(8), nullable=False),
        sa.Column("intents", sa.JSON, nullable=False), sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model_version", sa.String(80), nullable=False), sa.Column("read_as", sa.JSON, nullable=False),
        sa.CheckConstraint(f"channel IN {CHANNELS}", name="example_channel"),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("example")
