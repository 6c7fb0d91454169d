"""Say of each booth which commune holds it: its producer's. A few rows per commune; in a change of its own, as all data is.

Revision: place_booths
Follows: add_role_grants
"""

from __future__ import annotations

from alembic import op

revision = "place_booths"
down_revision = "add_role_grants"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(
        "UPDATE sessions SET ward_code = producers.commune_code FROM producers "
        "WHERE producers.id = sessions.producer_id AND sessions.kind = 'booth' AND sessions.ward_code IS NULL"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
