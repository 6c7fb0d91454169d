"""An upgrade takes place while the market is open: old and new code order through it, nobody waits long, no confirmed order is lost."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from app.infra.migrations import migration_config, upgrade, upgrade_to_newest
from app.infra.startup import StartupError
from app.settings import PROJECT_ROOT
from tests.metrics.builders import eventually
from tests.migrations.filled import Filled
from tests.migrations.open_market import OpenMarket, open_market
from tests.migrations.structure import structure_of

Migrate = Callable[[str], None]

_REVISION = '''
"""A revision of the tests only."""

import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = "{follows}"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
{steps}


def downgrade() -> None:
    """Never undone: the database is the test's own."""
'''
# Tables in the order in which a batch of orders takes them.
_EXPAND = """
for table in ("sessions", "offers", "ledger_entries", "orders", "order_lines", "order_contacts"):
    op.add_column(table, sa.Column("of_tests", sa.Text(), server_default="", nullable=False))
op.create_table("tables_of_tests", sa.Column("id", sa.Uuid(), primary_key=True), sa.Column("of_tests", sa.Text()))
"""
# Outside of a transaction, and not before orders have come in since the step above.
_INDEX = """
with op.get_context().autocommit_block():
    assert op.get_bind().scalar(sa.text("SHOW lock_timeout")) == "5s"
    op.execute('''DO $$
    DECLARE
      before bigint := (SELECT count(*) FROM orders);
      until timestamptz := clock_timestamp() + interval '20 seconds';
    BEGIN
      WHILE (SELECT count(*) FROM orders) < before + 20 LOOP
        IF clock_timestamp() > until THEN RAISE EXCEPTION 'no orders come in while the upgrade goes on'; END IF;
        PERFORM pg_sleep(0.02);
      END LOOP;
    END $$''')
    op.create_index("ix_orders_of_tests", "orders", ["of_tests"], postgresql_concurrently=True)
"""
_HOLDS_A_LOCK = """
op.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
op.execute("SELECT pg_sleep(3)")
"""
_TAKES_TABLES_THE_OTHER_WAY_ROUND = """
op.execute("LOCK TABLE order_lines IN ACCESS EXCLUSIVE MODE")
op.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
op.add_column("orders", sa.Column("of_tests", sa.Text()))
"""
_MIGRATION_WAITS = """
SELECT EXISTS (
  SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
  WHERE NOT granted AND relation = 'orders'::regclass AND application_name = 'ocop-migrate'
)
"""
_ENFORCES_TOO_EARLY = """
op.add_column("orders", sa.Column("of_tests", sa.Text(), server_default="", nullable=False))
op.alter_column("orders", "of_tests", server_default=None)
"""
_COLUMNS = """
SELECT format('%s.%s', c.relname, a.attname) AS name, format_type(a.atttypid, a.atttypmod) AS type,
  a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS must_be_given
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
"""


@pytest.fixture
async def market(filled_url: str, filled: Filled, tmp_path: Path) -> AsyncIterator[OpenMarket]:
    """The filled database at the old revision, with orders coming in from a process of the old and one of today's code."""
    async with open_market(filled_url, filled.one("live"), tmp_path) as opened:
        yield opened


def extra_revisions(folder: Path, revisions: list[str], *steps: str) -> Migrate:
    """Our migrations and, after the newest of them, these steps as revisions of their own."""
    folder.mkdir()
    follows = revisions[-1]
    for number, text in enumerate(steps, start=1):
        name = f"of_tests_{number}"
        revision = _REVISION.format(name=name, follows=follows, steps=textwrap.indent(text, "    "))
        (folder / f"{name}.py").write_text(revision, encoding="utf-8")
        follows = name

    def migrate(url: str) -> None:
        config = migration_config(url)
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", f"{PROJECT_ROOT / 'migrations' / 'versions'}\n{folder}")
        upgrade(config)

    return migrate


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    db = await asyncpg.connect(url)
    try:
        yield db
    finally:
        await db.close()


@pytest.mark.slow
async def test_orders_go_on_through_our_migrations(market: OpenMarket) -> None:
    await market.upgrade(lambda: upgrade_to_newest(market.url))
    await market.stop()

    assert market.failures() == []
    assert market.complaints_of_waiting() == []
    assert await market.lost_or_broken() == []


@pytest.mark.slow
async def test_orders_go_on_through_a_migration_that_adds_columns_a_table_and_an_index(
    market: OpenMarket, revisions: list[str], tmp_path: Path
) -> None:
    migrate = extra_revisions(tmp_path / "versions", revisions, _EXPAND, _INDEX)

    await market.upgrade(lambda: migrate(market.url))
    await market.stop()

    assert market.failures() == []
    assert market.complaints_of_waiting() == []
    assert await market.lost_or_broken() == []


@pytest.mark.slow
async def test_a_migration_that_holds_a_table_for_three_seconds_is_caught(market: OpenMarket, revisions: list[str], tmp_path: Path) -> None:
    migrate = extra_revisions(tmp_path / "versions", revisions, _HOLDS_A_LOCK)

    await market.upgrade(lambda: migrate(market.url))
    await market.stop()

    assert [complaint for complaint in market.complaints_of_waiting() if complaint.endswith(" orders")] != []
    assert market.failures() == []
    assert await market.lost_or_broken() == []


@pytest.mark.slow
async def test_a_migration_that_cannot_have_its_lock_gives_up_and_leaves_everything_as_it_was(
    market: OpenMarket, revisions: list[str], tmp_path: Path
) -> None:
    migrate = extra_revisions(tmp_path / "versions", revisions, _EXPAND)
    await asyncio.to_thread(upgrade_to_newest, market.url)
    before = await structure_of(market.url)
    reader = await asyncpg.connect(market.url)
    async with reader.transaction():
        await reader.execute("LOCK TABLE orders IN ACCESS SHARE MODE")

        with pytest.raises(StartupError, match="gave up waiting"):
            await market.upgrade(lambda: migrate(market.url))

    await reader.close()
    for writer in market.writers:
        await writer.has_placed(1)
    await market.stop()
    assert await structure_of(market.url) == before
    assert market.failures() == []
    assert await market.lost_or_broken() == []


async def test_a_migration_that_was_given_up_to_end_a_deadlock_is_tried_again(
    filled_url: str, revisions: list[str], tmp_path: Path
) -> None:
    migrate = extra_revisions(tmp_path / "versions", revisions, _TAKES_TABLES_THE_OTHER_WAY_ROUND)
    await asyncio.to_thread(upgrade_to_newest, filled_url)
    async with connected(filled_url) as seller, connected(filled_url) as onlooker:
        # PostgreSQL gives up whoever waited first.
        async with seller.transaction():
            await seller.execute("LOCK TABLE orders IN ACCESS SHARE MODE")
            migrating = asyncio.ensure_future(asyncio.to_thread(migrate, filled_url))
            await eventually(lambda: onlooker.fetchval(_MIGRATION_WAITS))
            await seller.execute("LOCK TABLE order_lines IN ACCESS SHARE MODE")
        await migrating

    assert "orders.of_tests" in await _columns(filled_url)


@pytest.mark.slow
async def test_a_migration_that_the_old_code_cannot_write_with_is_caught(market: OpenMarket, revisions: list[str], tmp_path: Path) -> None:
    migrate = extra_revisions(tmp_path / "versions", revisions, _ENFORCES_TOO_EARLY)

    await market.upgrade(lambda: migrate(market.url))
    await market.stop()

    assert [failure for failure in market.failures() if "NotNullViolation" in failure] != []


async def test_whatever_the_old_code_writes_still_finds_its_columns(filled_url: str) -> None:
    """For its other tables, which the writers do not touch. A column is dropped or enforced once no old code can run any more."""
    before = await _columns(filled_url)

    await asyncio.to_thread(upgrade_to_newest, filled_url)

    assert _in_the_way(before, await _columns(filled_url)) == []


async def test_a_column_that_is_dropped_changed_or_enforced_is_in_the_way_of_old_code(filled_url: str) -> None:
    before = await _columns(filled_url)
    db = await asyncpg.connect(filled_url)
    await db.execute(
        "ALTER TABLE comments DROP COLUMN by_staff; ALTER TABLE products ALTER COLUMN weight_grams TYPE bigint;"
        "ALTER TABLE payments ADD COLUMN bank text; UPDATE payments SET bank = ''; ALTER TABLE payments ALTER COLUMN bank SET NOT NULL"
    )
    await db.close()

    complaints = _in_the_way(before, await _columns(filled_url))

    assert [complaint.partition(" ")[0] for complaint in complaints] == ["comments.by_staff", "payments.bank", "products.weight_grams"]


async def _columns(url: str) -> dict[str, tuple[str, bool]]:
    """Type of every column, and whether an INSERT that does not name it is refused."""
    db = await asyncpg.connect(url)
    try:
        return {row["name"]: (row["type"], row["must_be_given"]) for row in await db.fetch(_COLUMNS)}
    finally:
        await db.close()


def _in_the_way(before: dict[str, tuple[str, bool]], after: dict[str, tuple[str, bool]]) -> list[str]:
    tables = {name.partition(".")[0] for name in before}
    complaints = [
        f"{name} was {kind}, is {after.get(name, ('gone',))[0]}" for name, (kind, _) in before.items() if after.get(name, ("",))[0] != kind
    ]
    for name, (_, must_be_given) in after.items():
        if must_be_given and name.partition(".")[0] in tables and not before.get(name, ("", False))[1]:
            complaints.append(f"{name} must be given, and the old code does not know it")
    return sorted(complaints)
