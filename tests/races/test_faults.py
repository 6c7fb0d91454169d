"""The whole service under orders while its parts are killed and frozen; checked from outside, against what clients wrote down."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.infra.clock import monotonic
from app.infra.database import open_database
from app.infra.redis_client import open_redis
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.local_servers.embedded_redis import EmbeddedRedis
from app.settings import PROJECT_ROOT, DatabaseSettings
from tests.local_servers.service_process import ServiceProcess, service
from tests.orders.builders import Market, a_market, an_offer
from tests.races.checkers import Acknowledged, complaints_about, statistics_agree
from tests.races.conftest import IS_LONG, seeds
from tests.races.faults import Faults
from tests.races.floods import Floods, signed_in
from tests.races.proxy import LossyProxy, proxy_to_port

BUYERS = 8
STOCKS = (100_000, 100_000, 400)
ROUNDS = 3 if IS_LONG else 1
PAUSE_SECONDS = (0.1, 0.6)
GOES_ON_WITHIN_SECONDS = 60.0
FINISHED_WITHIN_SECONDS = 90.0
PREFIX = "ocop"
# An order with a line that is known to be sold out is refused for that before anybody reads its form.
ABSURD_CODES = {"amount_too_large", "malformed", "offer_not_found", "invalid_phone", "order_cannot_be_written", "sold_out"}


class BuyersLog:
    """What the process of buyers has written down so far."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def facts(self) -> list[dict[str, Any]]:
        lines = self._path.read_text(encoding="utf-8").splitlines() if self._path.exists() else []
        # the last line may be half written
        return [json.loads(line) for line in lines if line.endswith("}")]

    def answered(self) -> int:
        return sum("intent" not in fact for fact in self.facts())

    def acknowledged(self) -> list[Acknowledged]:
        return [
            Acknowledged(UUID(fact["device"]), UUID(fact["placed"]), UUID(fact["order"]), fact["number"], fact["total_vnd"])
            for fact in self.facts()
            if "placed" in fact
        ]

    async def goes_on(self, *, within: float = GOES_ON_WITHIN_SECONDS) -> None:
        """Wait until more orders have been answered than now: for each buyer one, so that none is stuck."""
        enough, deadline = self.answered() + BUYERS, monotonic() + within
        while self.answered() < enough:
            assert monotonic() < deadline, f"no orders are answered any more; {self.answered()} were"
            await asyncio.sleep(0.1)


@asynccontextmanager
async def _buyers(port: int, market: Market, offers: list[UUID], dearest: UUID, log: Path, *, seed: int) -> AsyncIterator[Process]:
    arguments = [str(port), str(market.session_id), ",".join(map(str, offers)), str(dearest), str(log), str(seed), str(BUYERS)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.races.buyers", *arguments, stdin=PIPE, stdout=DEVNULL, cwd=PROJECT_ROOT
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _course_of_faults(faults: Faults, log: BuyersLog, choice: random.Random) -> None:
    await log.goes_on()
    await faults.take_snapshot()
    for _ in range(ROUNDS):
        course = list(faults.all().items())
        choice.shuffle(course)
        for name, strike in course:
            started = monotonic()
            await strike()
            await log.goes_on()
            print(f"{name}: orders went on after {monotonic() - started:.1f} s")  # noqa: T201 - shown when the test fails
            await asyncio.sleep(choice.uniform(*PAUSE_SECONDS))


async def _until_ready(running: ServiceProcess) -> None:
    deadline = monotonic() + GOES_ON_WITHIN_SECONDS
    while await asyncio.to_thread(running.answer, "/readyz") != 200:
        assert monotonic() < deadline, running.output
        await asyncio.sleep(0.1)


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", seeds())
async def test_orders_survive_the_death_of_any_part(server_folder: Path, tmp_path: Path, seed: int) -> None:
    choice, proxy, log_path = random.Random(seed), LossyProxy(), tmp_path / "buyers.log"  # noqa: S311 - a course that can be repeated
    url, redis_url = EmbeddedPostgres(server_folder).url, EmbeddedRedis(server_folder).url

    # A few buyers order as fast as a crowd.
    with service(server_folder, port=None, OCOP_REALTIME__COMMANDS_PER_SECOND="10000", OCOP_REALTIME__COMMANDS_BURST="10000") as running:
        await asyncio.to_thread(running.wait_until_ready)
        async with open_database(url, DatabaseSettings()) as database:
            market = await a_market(database)
            offers = [await an_offer(database, market, total=total, limit=1_000) for total in STOCKS]
            dearest = await an_offer(database, market, total=10**6, limit=10**6)
            await database.pool.execute("UPDATE offers SET flash_price_vnd = $2, regular_price_vnd = $2 WHERE id = $1", dearest, 10**9)
            sold_out = await an_offer(database, market, total=1)
            await database.pool.execute("UPDATE offers SET remaining = 0 WHERE id = $1", sold_out)
            token = await signed_in(database, market)
        async with proxy_to_port(proxy, running.port) as port, _buyers(port, market, offers, dearest, log_path, seed=seed) as buyers:
            log = BuyersLog(log_path)
            floods = Floods(running.port, market, sold_out=str(sold_out), staff_token=token, choice=choice)
            await _course_of_faults(Faults(running, redis_url=redis_url, proxy=proxy, floods=floods, choice=choice), log, choice)
            await _until_ready(running)
            await asyncio.wait_for(buyers.communicate(b"enough"), FINISHED_WITHIN_SECONDS)
        async with open_redis(redis_url) as redis:
            truth = await statistics_agree(redis, PREFIX, url=url, session_id=market.session_id)

    facts, acknowledged = log.facts(), log.acknowledged()
    print(f"seed {seed}: {len(facts)} facts, {len(acknowledged)} acknowledgements, {len(truth.ledger)} entries")  # noqa: T201
    assert facts[-1] == {"finished": True}
    assert len(acknowledged) > 100
    # The one that was sold out from the beginning never had an order, so it alone does not add up.
    assert [each for each in complaints_about(truth, acknowledged) if str(sold_out) not in each] == []
    absurd = [fact for fact in facts if "absurd" in fact]
    assert len(absurd) > 10
    assert {fact["code"] for fact in absurd} <= ABSURD_CODES
    assert {fact.get("placed") or fact.get("refused") for fact in facts} >= {fact["intent"] for fact in facts if "intent" in fact}
    assert {str(row["client_key"]) for row in truth.orders} <= {str(each.key) for each in acknowledged}
