"""One master of a cluster stands still: figures of rooms on the others follow their ledgers all the same, its own when it is back."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from app.infra.database import Database
from app.infra.redis_client import open_redis
from app.orders.group_commit import PlacingQueues
from app.settings import OrderSettings
from tests.freezing import frozen
from tests.metrics.builders import eventually
from tests.orders.builders import a_market, a_wanted_order, an_offer
from tests.redis_clusters import a_cluster
from tests.selling import selling_services

PREFIX = "shards"
SOON_SECONDS = 4.0


@pytest.mark.slow
async def test_a_master_that_stands_still_holds_up_no_other_rooms_figures(database: Database) -> None:
    markets = [await a_market(database) for _ in range(8)]
    with a_cluster(replicas_each=0) as cluster:
        async with open_redis(cluster.url) as redis:
            services = selling_services(database, redis, PREFIX)
            services.projector.start()

            async def kick(session_id: UUID, _: object) -> None:
                services.projector.kick(session_id)

            queues = PlacingQueues(database.placing, OrderSettings(), kick)

            async def order_everywhere() -> None:
                await asyncio.gather(*(queues.place(a_wanted_order(each, {offers[each.session_id]: 1})) for each in markets))

            offers = {each.session_id: await an_offer(database, each) for each in markets}
            ledger_keys = {each.session_id: f"{PREFIX}:session:{{{each.session_id}}}:ledger" for each in markets}
            still = cluster.master_of(ledger_keys[markets[0].session_id])
            elsewhere = [each.session_id for each in markets if cluster.master_of(ledger_keys[each.session_id]) is not still]

            async def stand_at(seq: int, sessions: list[UUID]) -> bool:
                return set((await services.metrics.projected_seqs(sessions)).values()) == {seq}

            await order_everywhere()
            await eventually(lambda: stand_at(1, [each.session_id for each in markets]))
            with frozen(still.pid):
                await order_everywhere()
                await eventually(lambda: stand_at(2, elsewhere), within_seconds=SOON_SECONDS + len(markets))
                await order_everywhere()
                await eventually(lambda: stand_at(3, elsewhere), within_seconds=SOON_SECONDS)
            await eventually(lambda: stand_at(3, [each.session_id for each in markets]), within_seconds=60)

            await queues.close()
            await services.placing.close()
            await services.projector.close()
    assert elsewhere
