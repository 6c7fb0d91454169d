"""PostgreSQL fails over while orders come in: whatever was acknowledged is on the server that was promoted, once."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from app.errors import OutcomeUnknown
from app.infra.database import open_database
from app.infra.migrations import upgrade_to_newest
from app.ledger.chain import first_break
from app.orders.books import WantedOrder
from app.orders.errors import Busy
from app.orders.group_commit import PlacingQueues
from app.settings import DatabaseSettings, OrderSettings
from tests.conftest import make_server_folder
from tests.freezing import frozen
from tests.orders.builders import a_market, a_wanted_order, an_offer
from tests.replicas import Replicated

BUYERS = 12
BEFORE_SECONDS, AFTER_SECONDS = 1.0, 3.0
UNITS = 1_000_000


@pytest.fixture
def pair() -> Iterator[tuple[Replicated, Replicated]]:
    """A migrated primary and its standby."""
    folders = [make_server_folder(), make_server_folder()]
    with ExitStack() as stack:
        for folder in folders:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        primary = Replicated(folders[0])
        primary.start()
        stack.callback(primary.stop)
        upgrade_to_newest(primary.url)
        standby = primary.copy_to(folders[1])
        stack.callback(standby.stop)
        yield primary, standby


@dataclass
class Answers:
    """What buyers were told: receipts by key, and how often they heard that nobody could say."""

    receipts: dict[UUID, UUID] = field(default_factory=dict)
    unknown: int = 0
    busy: int = 0


async def _buy(queues: PlacingQueues, wanted: WantedOrder, answers: Answers) -> None:
    """As a phone does it: the same order with the same key until somebody says yes."""
    while True:
        try:
            receipt = await queues.place(wanted)
        except OutcomeUnknown:
            answers.unknown += 1
        except Busy:
            answers.busy += 1
        else:
            answers.receipts[wanted.key] = receipt.order_id
            return


async def _course(primary: Replicated, standby: Replicated, *, standby_hangs: bool = False) -> tuple[Answers, set[tuple[UUID, UUID]], int]:
    """Orders, the primary's death, the promotion, orders. Returns the answers, orders in the tables with their keys, and units that are left."""
    folders = ",".join(server.url.partition("host=")[2] for server in (primary, standby))
    url = f"postgresql://ocop@/ocop?host={folders}"
    settings = DatabaseSettings(connect_timeout_seconds=2.0, placing_timeout_seconds=2.0)
    answers = Answers()
    async with open_database(url, settings) as database:

        async def nothing_to_tell(session_id: object, result: object) -> None:
            return None

        market = await a_market(database)
        offer_id = await an_offer(database, market, total=UNITS)
        queues = PlacingQueues(database.placing, OrderSettings(place_deadline_seconds=3.0), nothing_to_tell)
        ends = asyncio.get_running_loop().time() + BEFORE_SECONDS + AFTER_SECONDS

        async def buyer() -> None:
            while asyncio.get_running_loop().time() < ends:
                await _buy(queues, a_wanted_order(market, {offer_id: 1}), answers)

        async def fail_over() -> None:
            await asyncio.sleep(BEFORE_SECONDS / 2)
            with ExitStack() as hanging:
                if standby_hangs:
                    assert standby._child is not None
                    hanging.enter_context(frozen(standby._child.pid))
                await asyncio.sleep(BEFORE_SECONDS / 2)
                await asyncio.to_thread(primary.kill)
            await asyncio.to_thread(standby.promote)

        await asyncio.gather(fail_over(), *(buyer() for _ in range(BUYERS)))
        rows = await database.pool.fetch("SELECT client_key, id FROM orders WHERE session_id = $1", market.session_id)
        left = await database.pool.fetchval("SELECT remaining FROM offers WHERE id = $1", offer_id)
        entries = await database.pool.fetch(
            "SELECT seq, body, hash FROM ledger_entries WHERE session_id = $1 ORDER BY seq", market.session_id
        )
        assert first_break(market.session_id, [(row["seq"], row["body"], row["hash"]) for row in entries]) is None
        await queues.close()
    return answers, {(row["client_key"], row["id"]) for row in rows}, left


@pytest.mark.slow
async def test_with_a_standby_that_confirms_no_acknowledged_order_is_lost_or_doubled(pair: tuple[Replicated, Replicated]) -> None:
    primary, standby = pair
    primary.confirms_with(standby)

    answers, written, left = await _course(primary, standby)

    assert len(answers.receipts) > BUYERS * 2
    assert set(answers.receipts.items()) - written == set()
    assert len(written) == len({key for key, _ in written}) == UNITS - left


@pytest.mark.slow
async def test_without_its_confirmation_orders_are_lost_and_the_checker_sees_it(pair: tuple[Replicated, Replicated]) -> None:
    primary, standby = pair

    answers, written, _ = await _course(primary, standby, standby_hangs=True)

    assert set(answers.receipts.items()) - written != set()
