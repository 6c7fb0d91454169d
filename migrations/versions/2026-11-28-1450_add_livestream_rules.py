"""Add the rules of an organisation's livestreams, one row for each version; no row is ever changed.

Revision: add_livestream_rules
Follows: allow_changes
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "add_livestream_rules"
down_revision = "allow_changes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "livestream_rules",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text_vi", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("version >= 1", name=op.f("ck_livestream_rules_version")),
        sa.CheckConstraint("char_length(text_vi) BETWEEN 1 AND 6000", name=op.f("ck_livestream_rules_text_vi_length")),
        sa.CheckConstraint("char_length(text_en) BETWEEN 1 AND 6000", name=op.f("ck_livestream_rules_text_en_length")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_livestream_rules_organisation_id_organisations")),
        sa.ForeignKeyConstraint(["written_by"], ["users.id"], name=op.f("fk_livestream_rules_written_by_users")),
        sa.PrimaryKeyConstraint("organisation_id", "version", name=op.f("pk_livestream_rules")),
    )
    # Evidence of what held during a session: PostgreSQL itself refuses to rewrite it.
    op.execute(
        "CREATE TRIGGER livestream_rules_append_only BEFORE UPDATE OR DELETE ON livestream_rules "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER livestream_rules_no_truncate BEFORE TRUNCATE ON livestream_rules FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("livestream_rules")
