"""The demo on a real server, end to end: afterwards stock, ledger and statistics agree to the unit and the đồng."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
import uvicorn

from app.infra.database import Database, open_database
from app.infra.redis_client import RedisClients
from app.infra.serving import uvicorn_config
from app.main import create_app
from app.rehearsal.demo_host import HostPace
from app.rehearsal.seed import SeededMarket, seed_demo_market
from app.rehearsal.simulation import DemoPace, run_demo
from app.rehearsal.viewers import Temper
from app.settings import Settings, load_settings
from tests.local_servers.service_process import free_port

VIEWERS = 15
SECONDS = 8.0
LIVELY = DemoPace(
    temper=Temper(
        stay_min=3.0, stay_max=12.0, comment_every=3.0, like_every=2.0, wants_offer=0.9, reaction_median=0.4, loses_connection=0.25
    ),
    host=HostPace(talk_min=0.3, talk_max=0.6, offer_seconds_max=10),
    ramp_seconds=2.0,
    poll_seconds=0.3,
)


@pytest.fixture
def settings(tmp_path: Path, postgres_url: str, redis_url: str, redis_prefix: str) -> Settings:
    return load_settings(
        host="127.0.0.1",
        port=free_port(),
        data_dir=tmp_path / "data",
        database_url=postgres_url,
        redis_url=redis_url,
        redis_prefix=redis_prefix,
        secret_key="a secret of the tests, long enough to sign tickets",
        drain_seconds=0.2,
        node_name="test",
    )


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    assert settings.database_url is not None
    async with open_database(settings.database_url.get_secret_value(), settings.database) as opened:
        yield opened


@pytest.fixture
async def market(database: Database, redis: RedisClients, settings: Settings) -> SeededMarket:
    return await seed_demo_market(database, settings, redis=redis)


@asynccontextmanager
async def a_running_service(settings: Settings) -> AsyncIterator[None]:
    """The whole service with uvicorn's own loop in a thread, as a worker process would run it."""
    server = uvicorn.Server(uvicorn_config(create_app(settings), settings))
    serving = threading.Thread(target=server.run, name="service")
    serving.start()
    try:
        async with asyncio.timeout(20):
            while not server.started:
                assert serving.is_alive(), "the service did not start"
                await asyncio.sleep(0.02)
        yield
    finally:
        server.should_exit = True
        await asyncio.to_thread(serving.join)


@asynccontextmanager
async def an_organiser(settings: Settings, market: SeededMarket) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{settings.port}", trust_env=False, timeout=30, verify=False) as client:
        signed_in = await client.post("/api/v1/login", json={"login": market.organiser_login, "password": market.organiser_password})
        assert signed_in.status_code == 200, signed_in.text
        yield client


async def figures_once_projected(client: httpx2.AsyncClient, market: SeededMarket, *, revenue_vnd: int) -> int:
    """The revenue that the statistics show, once they have caught up with the ledger; the last one after five seconds."""
    shown = -1
    for _ in range(50):
        answer = await client.get(f"/api/v1/sessions/{market.session_id}/stats")
        assert answer.status_code == 200, answer.text
        shown = int(answer.json()["totals"]["revenue_placed_vnd"])
        if shown == revenue_vnd:
            break
        await asyncio.sleep(0.1)
    return shown


@pytest.mark.slow
async def test_after_a_lively_demo_stock_ledger_and_statistics_agree(settings: Settings, database: Database, market: SeededMarket) -> None:
    async with a_running_service(settings):
        summary = await run_demo(settings, viewers=VIEWERS, duration_seconds=SECONDS, pace=LIVELY)

        async with an_organiser(settings, market) as client:
            ledger = await database.pool.fetchrow(
                "SELECT count(*) AS entries, max(seq) AS last_seq, sum(amount_vnd)::bigint AS amount_vnd, sum(units)::bigint AS units "
                "FROM ledger_entries WHERE session_id = $1 AND kind = 'placed'",
                market.session_id,
            )
            assert ledger is not None
            shown = await figures_once_projected(client, market, revenue_vnd=ledger["amount_vnd"])
        offers = await database.pool.fetch(
            "SELECT o.total_quantity, o.remaining, coalesce(sum(l.quantity), 0)::bigint AS sold "
            "FROM offers o LEFT JOIN order_lines l ON l.offer_id = o.id WHERE o.session_id = $1 GROUP BY o.id",
            market.session_id,
        )

    assert summary.troubles == {}
    assert summary.visits >= VIEWERS
    assert summary.offers_opened >= 1
    assert min(summary.comments, summary.likes, summary.orders_placed, summary.outside_reports, summary.orders_repeated) > 0
    assert [offer for offer in offers if offer["remaining"] + offer["sold"] != offer["total_quantity"]] == []
    assert ledger["last_seq"] == ledger["entries"]
    # An order whose viewer went away before the answer is in the ledger, though nobody has its receipt.
    assert 0 <= ledger["entries"] - summary.orders_placed <= summary.orders_given_up
    assert summary.revenue_vnd <= ledger["amount_vnd"]
    assert shown == ledger["amount_vnd"]


@pytest.mark.slow
async def test_the_demo_waits_for_the_next_session_when_a_person_ends_this_one(
    settings: Settings, database: Database, redis: RedisClients, market: SeededMarket
) -> None:
    async with a_running_service(settings):
        demo = asyncio.get_running_loop().create_task(run_demo(settings, viewers=4, duration_seconds=16.0, pace=LIVELY))
        await asyncio.sleep(2.5)
        async with an_organiser(settings, market) as client:
            ended = await client.post(f"/api/v1/sessions/{market.session_id}/transitions", json={"to": "ended"})
        second = await seed_demo_market(database, settings, redis=redis)
        summary = await demo

        assert ended.status_code == 200, ended.text

    viewers = await database.pool.fetchval("SELECT count(DISTINCT device_id) FROM comments WHERE session_id = $1", second.session_id)
    assert summary.sessions == 2
    assert viewers > 0


async def test_a_session_that_people_made_is_left_alone_by_the_demo_and_by_the_next_start(
    settings: Settings, database: Database, redis: RedisClients, market: SeededMarket
) -> None:
    async with a_running_service(settings):
        async with an_organiser(settings, market) as client:
            products = (await client.get(f"/api/v1/sessions/{market.session_id}")).json()["products"]
            own = (await client.post("/api/v1/sessions", json={"title": "Phiên thật"})).json()["id"]
            run_down = await client.put(f"/api/v1/sessions/{own}/products", json={"product_ids": [products[0]["id"]]})
            live = await client.post(f"/api/v1/sessions/{own}/transitions", json={"to": "live"})
            assert (run_down.status_code, live.status_code) == (200, 200)

        again = await seed_demo_market(database, settings, redis=redis)
        summary = await run_demo(settings, viewers=4, duration_seconds=3.0, pace=LIVELY)

    assert again.session_id == market.session_id
    assert summary.visits > 0
    for table in ("comments", "orders", "offers"):
        assert await database.pool.fetchval(f"SELECT count(*) FROM {table} WHERE session_id = $1", UUID(own)) == 0  # noqa: S608 - ours
    assert await database.pool.fetchval("SELECT pinned_product_id FROM sessions WHERE id = $1", UUID(own)) is None
