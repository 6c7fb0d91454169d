"""Give people roles by grants, each in the organisation, in one commune or in one session; everybody keeps the role that they have.

One row per person is copied here: people are few, and without their row new code would let nobody in.

Revision: add_role_grants
Follows: add_consents
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "add_role_grants"
down_revision = "add_consents"
branch_labels = None
depends_on = None

_IS_ROLE = "role IN ('organiser', 'host', 'helper', 'desk', 'producer', 'auditor')"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("sessions", sa.Column("ward_code", sa.Integer(), nullable=True))
    op.drop_constraint("ck_users_role", "users")
    op.create_check_constraint("role", "users", _IS_ROLE)
    op.create_table(
        "role_grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("ward_code", sa.Integer(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(_IS_ROLE, name=op.f("ck_role_grants_role")),
        sa.CheckConstraint("ward_code IS NULL OR session_id IS NULL", name=op.f("ck_role_grants_one_scope")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_role_grants_organisation_id_organisations")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_role_grants_user_id_users")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_role_grants_session_id_sessions")),
        sa.ForeignKeyConstraint(["granted_by"], ["users.id"], name=op.f("fk_role_grants_granted_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grants")),
    )
    op.create_index(
        "uq_role_grants_scope",
        "role_grants",
        ["user_id", "role", "ward_code", "session_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_role_grants_organisation_id", "role_grants", ["organisation_id"])
    op.create_index("ix_role_grants_session_id", "role_grants", ["session_id"])
    op.execute(
        "INSERT INTO role_grants (id, organisation_id, user_id, role, granted_at) "
        "SELECT gen_random_uuid(), organisation_id, id, role, created_at FROM users"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("role_grants")
    op.drop_constraint("ck_users_role", "users")
    # code of before knows three roles; whoever has another is closed rather than let in as a host
    op.execute("DELETE FROM sign_ins WHERE user_id IN (SELECT id FROM users WHERE role NOT IN ('organiser', 'host', 'producer'))")
    op.execute("UPDATE users SET role = 'host', is_active = false WHERE role NOT IN ('organiser', 'host', 'producer')")
    op.create_check_constraint("role", "users", "role IN ('organiser', 'host', 'producer')")
    op.drop_column("sessions", "ward_code")
