"""The host that takes writes is found among several, again after it changed, and a dead one costs its share of the time only."""

from __future__ import annotations

import pytest

from app.infra.postgres_hosts import PostgresHosts, single_urls
from app.infra.watched_commits import PostgresUnreachable
from app.local_servers.embedded_postgres import EmbeddedPostgres

ONE = "postgresql://ocop:p%40ss@db/ocop?sslmode=require"


@pytest.mark.parametrize(
    ("url", "singles"),
    [
        (ONE, [ONE]),
        ("postgresql+asyncpg://ocop@db/ocop", ["postgresql://ocop@db/ocop"]),
        (
            "postgresql://ocop:p%40ss@db1:5432,db2:5433/ocop?sslmode=require&target_session_attrs=read-write",
            ["postgresql://ocop:p%40ss@db1:5432/ocop?sslmode=require", "postgresql://ocop:p%40ss@db2:5433/ocop?sslmode=require"],
        ),
        ("postgresql://ocop@[::1]:1,[::2]:2/ocop", ["postgresql://ocop@[::1]:1/ocop", "postgresql://ocop@[::2]:2/ocop"]),
        ("postgresql://ocop@/ocop?host=/run/a,/run/b", ["postgresql://ocop@/ocop?host=/run/a", "postgresql://ocop@/ocop?host=/run/b"]),
        (
            "postgresql:///ocop?host=a,b&port=1,2&user=ocop",
            ["postgresql:///ocop?user=ocop&host=a&port=1", "postgresql:///ocop?user=ocop&host=b&port=2"],
        ),
        ("postgresql://ocop@/ocop?host=a,b&port=7", ["postgresql://ocop@/ocop?host=a&port=7", "postgresql://ocop@/ocop?host=b&port=7"]),
    ],
)
def test_a_url_names_its_hosts_as_libpq_reads_it(url: str, singles: list[str]) -> None:
    assert single_urls(url) == singles


def test_ports_that_fit_no_hosts_are_refused() -> None:
    with pytest.raises(ValueError, match="as many ports as hosts"):
        single_urls("postgresql://ocop@/ocop?host=a,b&port=1,2,3")


async def test_a_host_that_is_away_is_passed_over(postgres_server: EmbeddedPostgres, postgres_url: str) -> None:
    folder = postgres_url.partition("host=")[2]
    hosts = PostgresHosts(postgres_url.replace(folder, f"/nowhere,{folder}"))

    connection = await hosts.connect(timeout=4.0)
    again = await hosts.connect(timeout=4.0)

    assert await connection.fetchval("SELECT 1") == 1
    for each in (connection, again):
        await each.close()


async def test_a_host_that_does_not_know_the_database_is_passed_over(postgres_url: str) -> None:
    server, folder = postgres_url.rpartition("/ocop_test")[0], postgres_url.partition("host=")[2]
    hosts = PostgresHosts(f"{server}/not_copied_yet?host={folder},{folder}")

    with pytest.raises(PostgresUnreachable, match=r"does not exist.*does not exist"):
        await hosts.connect()


async def test_that_nobody_takes_writes_is_said_of_each(postgres_url: str) -> None:
    folder = postgres_url.partition("host=")[2]
    hosts = PostgresHosts(postgres_url.replace(folder, f"/nowhere,{folder}"))
    first = await hosts.connect()
    await first.execute(f"ALTER DATABASE {await first.fetchval('SELECT current_database()')} SET default_transaction_read_only = on")
    await first.close()

    with pytest.raises(PostgresUnreachable, match=r"takes no writes.*FileNotFoundError|FileNotFoundError.*takes no writes"):
        await hosts.connect(timeout=4.0)
