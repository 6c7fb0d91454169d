"""A whole cluster under a sale while any part of it is killed, frozen, restarted or cut off, in seeded order. For `make chaos`.

What must hold all the time: every acknowledged order is kept, nobody misses or hears twice what the room was told unless the page is told
to begin anew, counts stay within their bounds; and after the last fault figures are the ledger's and every viewer is counted once. The
primary is lost for good, too: then its standby is promoted, and what was lost is made anew as the standby.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import psutil
import pytest

from app.infra.clock import monotonic
from app.infra.redis_client import open_redis
from app.installation.cluster_note import ClusterNote, read_note
from app.main import services_of
from app.orders.schemas import NewOffer
from app.settings import child_environment
from tests.freezing import frozen
from tests.live.market import SECRET, Market, open_market, open_stores
from tests.local_servers.service_process import ServiceProcess, service
from tests.metrics.builders import eventually
from tests.races.checkers import complaints_about, statistics_agree
from tests.races.conftest import SHORT_SEED
from tests.races.postgres_pair import TIMELINE, PostgresPair, running_in
from tests.races.proxy import LossyProxy, proxy_to_port
from tests.sockets.workers import Crowd, Orders, a_crowd, ordering

_environment = child_environment({})
SEED = int(_environment.get("OCOP_CHAOS_SEED", SHORT_SEED))
MINUTES = float(_environment.get("OCOP_CHAOS_MINUTES", "0"))
CLUSTER = {"OCOP_DEMO": "false", "OCOP_WORKERS": "1", "OCOP_REALTIME__COMMANDS_PER_SECOND": "1000", "OCOP_REALTIME__COMMANDS_BURST": "1000"}

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600 + 90 * MINUTES)]

VIEWERS, BUYERS = 30, 6
FROZEN_SECONDS = (0.5, 4.0)
PAUSE_SECONDS = (0.2, 1.5)
READY_SECONDS = 150.0
GOES_ON_WITHIN_SECONDS = 60.0
HEALED_WITHIN_SECONDS = 60.0
# The longest there is: longer than any course.
OFFER_SECONDS = 6 * 3600
PREFIX = "ocop"
NODE, WORKER, REDIS, PROXY = "app.cli run --no-demo", "app.cli worker", "redis-server", "haproxy.cfg"


class Faults:
    """By name. Parts that died come back by themselves, as in `ocop run-cluster`; what was frozen wakes."""

    def __init__(self, cluster: ServiceProcess, pair: PostgresPair, proxy: LossyProxy, choice: random.Random) -> None:
        self._cluster = cluster
        self._choice = choice
        self.all: dict[str, Callable[[], Awaitable[None]]] = {
            "a node is killed": lambda: self._signal(NODE, signal.SIGKILL),
            "a node is restarted": lambda: self._signal(NODE, signal.SIGTERM),
            "a node is frozen": lambda: self._freeze(NODE),
            "a worker is killed": lambda: self._signal(WORKER, signal.SIGKILL),
            "the primary is killed": lambda: self._kill_all(running_in(pair.primary)),
            "the primary is frozen": lambda: self._freeze(running_in(pair.primary)),
            "the standby is killed": lambda: self._kill_all(running_in(pair.standby)),
            "the standby is frozen": lambda: self._freeze(running_in(pair.standby)),
            "the primary is lost and its standby promoted": pair.loses_its_primary,
            "a master of Redis is killed": lambda: self._signal(REDIS, signal.SIGKILL),
            "a master of Redis is frozen": lambda: self._freeze(REDIS),
            "the proxy is killed": lambda: self._kill_all(PROXY),
            "the proxy is frozen": lambda: self._freeze(PROXY),
            "all clients are cut off": self._cut(proxy),
        }

    async def _victim(self, part: str) -> psutil.Process:
        found: list[psutil.Process] = []

        async def is_there() -> bool:
            found[:] = await asyncio.to_thread(self._cluster.named, part)
            return bool(found)

        await eventually(is_there, within_seconds=GOES_ON_WITHIN_SECONDS)
        return self._choice.choice(sorted(found, key=lambda process: process.pid))

    async def _signal(self, part: str, what: signal.Signals) -> None:
        victim = await self._victim(part)
        with contextlib.suppress(psutil.NoSuchProcess):
            victim.send_signal(what)

    async def _kill_all(self, part: str) -> None:
        """A server with its children, which would go on for a while without it."""
        await self._victim(part)
        for process in await asyncio.to_thread(self._cluster.named, part):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    async def _freeze(self, part: str) -> None:
        victim = await self._victim(part)
        with contextlib.suppress(psutil.NoSuchProcess), frozen(victim.pid):
            await asyncio.sleep(self._choice.uniform(*FROZEN_SECONDS))

    def _cut(self, proxy: LossyProxy) -> Callable[[], Awaitable[None]]:
        async def cut() -> None:
            proxy.cut()

        return cut


@dataclass
class Watch:
    """What viewers were told of their number, all the time."""

    crowd: Crowd
    seen: set[int] = field(default_factory=set)

    async def look(self) -> None:
        while True:
            self.seen |= {each.client.counts.viewers for each in self.crowd.stayers if each.client.counts is not None}
            await asyncio.sleep(0.1)

    async def everybody_is_counted_once(self) -> bool:
        return all(each.client.counts is not None and each.client.counts.viewers == VIEWERS for each in self.crowd.stayers)


@asynccontextmanager
async def a_live_market(note: ClusterNote) -> AsyncIterator[tuple[Market, UUID]]:
    """In the cluster's own stores, made by a node of the test's that is gone before the faults begin."""
    async with open_stores(note.database_owner_url, note.redis_url, PREFIX) as stores:
        async with AsyncExitStack() as before:
            market = await open_market(stores, before)
            await market.goes_live()
            new = NewOffer(
                product_id=market.product_ids[0],
                flash_price_vnd=39_000,
                total_quantity=90_000,
                per_viewer_limit=900,
                duration_seconds=OFFER_SECONDS,
                open_now=True,
            )
            offer = await services_of(market.node.app).offers.create(market.host, market.session_id, new)
        await stores.database.pool.execute("UPDATE offers SET per_viewer_limit = 1000000 WHERE id = $1", UUID(str(offer.id)))
        yield market, UUID(str(offer.id))


@contextlib.contextmanager
def logs_shown_of(folder: Path) -> Iterator[None]:
    """The ends of the parts' logs when something fails: their folder is gone afterwards."""
    try:
        yield
    except BaseException:
        for path in sorted(folder.glob("*.log")):
            print(f"--- {path.name}\n{path.read_text(encoding='utf-8', errors='replace')[-2_000:]}")  # noqa: T201
        raise


async def goes_on(orders: Orders, since: str, *, after_seq: int = 0) -> float:
    """Wait until as many orders more than now are acknowledged as there are buyers, one after that `seq`; how long it took in seconds.

    And until each that has no answer now has one, whatever became of it: buyers repeat it with its key.
    """
    started, enough, waiting = monotonic(), len(orders.acknowledged) + BUYERS, set(orders.under_way)
    while len(orders.acknowledged) < enough or max(orders.acknowledged.values()) <= after_seq or waiting - orders.acknowledged.keys():
        assert monotonic() - started < GOES_ON_WITHIN_SECONDS, f"{since}: no orders are acknowledged any more; {dict(orders.errors)}"
        await asyncio.sleep(0.05)
    return monotonic() - started


async def course(faults: Faults, pair: PostgresPair, orders: Orders, choice: random.Random, until: float) -> int:
    """Every fault once in some order, then again until the time is over; how many there were."""
    count, names = 0, list[str]()
    while names or count == 0 or monotonic() < until:
        names = names or choice.sample(sorted(faults.all), len(faults.all))
        name = names.pop()
        began = monotonic()
        await faults.all[name]()
        # What a promoted standby was given by its primary is no proof that it takes orders itself.
        given = max((each.last_seq for each in pair.promotions), default=0)
        went_on = await goes_on(orders, name, after_seq=given)
        print(f"{name}, {monotonic() - began - went_on:.1f} s: orders went on after {went_on:.1f} s", flush=True)  # noqa: T201 - the course is what is read
        count += 1
        await asyncio.sleep(choice.uniform(*PAUSE_SECONDS))
    return count


async def it_was_promoted(pair: PostgresPair, market: Market) -> None:
    """The control: who takes the writes that all the checkers read is another server than at the start, of as many timelines later."""
    timeline = await market.stores.database.pool.fetchval(TIMELINE)
    assert [each.timelines for each in pair.promotions] == [(number, number + 1) for number in range(1, timeline)] != []
    assert all(each.lost != each.promoted for each in pair.promotions)
    assert pair.primary == pair.promotions[-1].promoted


async def test_a_sale_survives_whatever_happens_to_the_parts_of_a_cluster(server_folder: Path) -> None:
    print(f"seed {SEED}, at least {MINUTES:g} minutes")  # noqa: T201
    choice, proxy = random.Random(SEED), LossyProxy()  # noqa: S311 - a course that can be repeated
    with service(server_folder, port=None, command=("run-cluster",), OCOP_SECRET_KEY=SECRET, **CLUSTER) as cluster:
        with logs_shown_of(server_folder / "cluster" / "logs"):
            await asyncio.to_thread(cluster.wait_until_ready, READY_SECONDS)
        note = read_note(server_folder / "cluster")
        assert note is not None
        pair = PostgresPair(cluster)
        async with AsyncExitStack() as stack:
            market, offer_id = await stack.enter_async_context(a_live_market(note))
            port = await stack.enter_async_context(proxy_to_port(proxy, cluster.port))
            crowd = await stack.enter_async_context(a_crowd(market, port, VIEWERS))
            watch = Watch(crowd)
            looking = asyncio.ensure_future(watch.look())
            async with ordering(crowd, offer_id, BUYERS) as orders:
                await goes_on(orders, "before the first fault")
                with logs_shown_of(server_folder / "cluster" / "logs"):
                    count = await course(Faults(cluster, pair, proxy, choice), pair, orders, choice, monotonic() + 60 * MINUTES)
                    await pair.is_whole()
                    await goes_on(orders, "with a standby again")
            await crowd.is_complete(HEALED_WITHIN_SECONDS)
            await eventually(watch.everybody_is_counted_once, within_seconds=HEALED_WITHIN_SECONDS)
            looking.cancel()
            await it_was_promoted(pair, market)
            await orders.are_all_kept(market)
            redis = await stack.enter_async_context(open_redis(note.redis_url))
            truth = await statistics_agree(
                redis,
                PREFIX,
                url=f"{note.database_owner_url}&target_session_attrs=primary",
                session_id=market.session_id,
                within=HEALED_WITHIN_SECONDS,
            )
            arrivals = sum(len(each.opened_at) for each in crowd.stayers)
            told = f"told of {min(watch.seen)} to {max(watch.seen)} viewers of {VIEWERS}"
            placed = f"{len(orders.acknowledged)} orders, the slowest in {orders.slowest_seconds:.1f} s"
            print(f"{count} faults, {len(pair.promotions)} promotions, {placed}, {dict(orders.errors)}; {arrivals} arrivals, {told}")  # noqa: T201
    assert complaints_about(truth) == []
    assert {each.cookie: found for each in crowd.stayers if (found := each.client.gaps_and_repeats())} == {}
    # A node that was killed is counted until its place is forgotten, so for some seconds its viewers may be there twice.
    assert 0 <= min(watch.seen) <= max(watch.seen) <= 2 * VIEWERS
    assert len(orders.acknowledged) > 10 * count
