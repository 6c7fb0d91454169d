"""The service's role can work and cannot rewrite history, even where triggers would not stop it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from app.infra.database import RawConnection
from app.infra.migrations import upgrade_to_newest
from app.local_servers.embedded_postgres import EmbeddedPostgres

WRITTEN_ONCE = ("ledger_entries", "audit_entries", "closing_statements")


@pytest.fixture
async def service_role(postgres_server: EmbeddedPostgres, module_postgres_url: str) -> AsyncIterator[RawConnection]:
    connection = await asyncpg.connect(postgres_server.service_url_of(urlsplit(module_postgres_url).path.lstrip("/")))
    yield connection
    await connection.close()


async def rights_on(connection: RawConnection, table: str) -> set[str]:
    kinds = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")
    return {kind for kind in kinds if await connection.fetchval("SELECT has_table_privilege($1, $2)", table, kind)}


@pytest.mark.parametrize("table", WRITTEN_ONCE)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {0} SET {1} = {1}",
        "DELETE FROM {0}",
        "TRUNCATE {0}",
        "TRUNCATE {0} CASCADE",
        "DROP TABLE {0}",
        "DROP TRIGGER {0}_append_only ON {0}",
        "DROP TRIGGER {0}_no_truncate ON {0}",
        "ALTER TABLE {0} DISABLE TRIGGER ALL",
        "ALTER TABLE {0} DISABLE TRIGGER {0}_append_only",
        "ALTER TABLE {0} OWNER TO ocop_app",
        "CREATE TRIGGER mine BEFORE INSERT ON {0} FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "CREATE RULE mine AS ON INSERT TO {0} DO INSTEAD NOTHING",
        "INSERT INTO {0} OVERRIDING SYSTEM VALUE SELECT * FROM {0} WHERE false ON CONFLICT ({2}) DO UPDATE SET {1} = {0}.{1}",
    ],
)
async def test_history_cannot_be_rewritten_by_the_service(service_role: RawConnection, table: str, statement: str) -> None:
    column, key = {
        "ledger_entries": ("body", "session_id, seq"),
        "audit_entries": ("action", "id"),
        "closing_statements": ("body", "session_id, number"),
    }[table]

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await service_role.execute(statement.format(table, column, key))


@pytest.mark.parametrize(
    "statement",
    [
        "DROP FUNCTION refuse_change() CASCADE",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        "CREATE TABLE mine (id int)",
        "SET session_replication_role = replica",
        "SET ROLE ocop",
        "SET SESSION AUTHORIZATION ocop",
        "UPDATE alembic_version SET version_num = '0'",
        "DELETE FROM orders",
        "UPDATE orders SET total_vnd = 0",
        "UPDATE order_lines SET quantity = 1",
        "UPDATE signing_keys SET public_key = ''",
        "DELETE FROM sessions",
    ],
)
async def test_the_guards_themselves_are_out_of_the_services_reach(service_role: RawConnection, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await service_role.execute(statement)


async def test_the_service_may_write_what_it_must(service_role: RawConnection) -> None:
    tables = [row[0] for row in await service_role.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    rights = {table: await rights_on(service_role, table) for table in tables}

    assert await service_role.fetchval("SELECT current_user") == "ocop_app"
    assert {table for table, those in rights.items() if those == {"SELECT"}} == {"alembic_version", "order_code_keys"}
    assert set(WRITTEN_ONCE) <= {table for table, those in rights.items() if those == {"SELECT", "INSERT"}}
    assert {table for table, those in rights.items() if "DELETE" in those} == {
        "comments_to_read",
        "job_file_parts",
        "ledger_buyers",
        "ledger_summaries",
        *("parcel_lines", "parcel_orders"),
        *("session_sums", "session_day_sums", "session_producer_sums", "session_late_sums", "programme_sessions", "host_units"),
        *("session_products", "product_pictures", "pictures", "picture_files", "sign_ins"),
        *("room_outbox", "staff_intentions", "shipping_rules", "role_grants", "second_factors"),
    }
    assert not any({"TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"} & those for those in rights.values())


async def test_even_the_owner_is_refused_by_the_triggers(postgres_url: str) -> None:
    owner = await asyncpg.connect(postgres_url)
    try:
        organisation = "INSERT INTO organisations (id, name) VALUES (gen_random_uuid(), 'Đoàn xã') RETURNING id"
        entry = "INSERT INTO audit_entries (organisation_id, action) VALUES ($1, 'test.written')"
        await owner.execute(entry, await owner.fetchval(organisation))
        for statement in ("UPDATE audit_entries SET action = '-'", "DELETE FROM audit_entries", "TRUNCATE audit_entries"):
            with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
                await owner.execute(statement)
    finally:
        await owner.close()


def test_a_second_upgrade_keeps_the_rights_and_the_service_may_ask_for_one(postgres_server: EmbeddedPostgres, postgres_url: str) -> None:
    database = urlsplit(postgres_url).path.lstrip("/")

    upgrade_to_newest(postgres_url)
    upgrade_to_newest(postgres_server.service_url_of(database))

    asked = (
        "SELECT has_table_privilege('ocop_app', 'ledger_entries', 'INSERT'), has_table_privilege('ocop_app', 'ledger_entries', 'UPDATE')"
    )
    assert postgres_server.run_sql(asked, database=database) == "t|f"


def test_one_role_for_everything_still_works_where_there_is_no_other(postgres_server: EmbeddedPostgres) -> None:
    """A server of somebody else has no `ocop_app`: nothing is granted, nothing fails."""
    postgres_server.run_sql("CREATE DATABASE ocop_single OWNER ocop; ALTER ROLE ocop_app RENAME TO ocop_app_away")
    try:
        upgrade_to_newest(postgres_server.url_of("ocop_single"))
        granted = "SELECT count(*) FROM information_schema.role_table_grants WHERE grantee <> 'ocop' AND table_schema = 'public'"
        assert postgres_server.run_sql(granted, database="ocop_single") == "0"
    finally:
        postgres_server.run_sql("ALTER ROLE ocop_app_away RENAME TO ocop_app")
        postgres_server.run_sql("DROP DATABASE ocop_single WITH (FORCE)")
