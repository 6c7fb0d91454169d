"""A process that keeps ordering while the database is upgraded, by the old code's statements or through today's group commit.

`python -m tests.migrations.order_writer old|current URL SESSION OFFERS LOG` runs until its standard input is closed. It writes one line of
JSON per order that was acknowledged, and per statement that gave up waiting. Any other error ends it, with its name as the last line.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO, Any
from uuid import UUID, uuid4

import asyncpg

from app.errors import OutcomeUnknown
from app.infra.database import open_database
from app.orders.books import WantedOrder
from app.orders.errors import Busy
from app.orders.group_commit import PlacingQueues
from app.settings import DatabaseSettings
from tests.migrations.old_batch import Buyer, write_batch
from tests.orders.builders import Market, a_wanted_order
from tests.races.writers import a_node

# One order, a few, and more than a hundred: the last are written by COPY.
_SIZES = (1, 1, 3, 120)
_PAUSE_SECONDS = 0.02
# How staff and orders connect (app/infra/database.py); a statement that waits longer for a lock is an error.
_CONNECTION = {"application_name": "ocop-live", "lock_timeout": "5000", "statement_timeout": "15000"}

Acknowledge = Callable[[dict[str, Any]], None]


async def order_as_before(url: str, session_id: UUID, offers: list[UUID], tell: Acknowledge, stopping: asyncio.Event) -> None:
    """The old code: what ended by a deadlock or too long a wait is tried again, as its queue did; what else is refused, a deploy has broken."""
    db = await asyncpg.connect(url, server_settings=_CONNECTION)
    for size in itertools.cycle(_SIZES):
        if stopping.is_set():
            break
        buyers = [Buyer(offers[number % len(offers)], uuid4(), uuid4(), 1 + number % 3) for number in range(size)]
        try:
            told = await write_batch(db, session_id, buyers, by_copy=size > 100)
        except asyncpg.DeadlockDetectedError:
            continue
        except asyncpg.LockNotAvailableError as error:
            tell({"waited": str(error)})
            continue
        for each in told:
            tell(each)
        await asyncio.sleep(_PAUSE_SECONDS)
    await db.close()


async def order_as_today(url: str, session_id: UUID, offers: list[UUID], tell: Acknowledge, stopping: asyncio.Event) -> None:
    """Today's code, which may need the newest schema: until that is there, its orders wait and are asked again with the same key."""
    market = Market(session_id=session_id)
    async with open_database(url, DatabaseSettings()) as database, a_node(database.placing) as queues:
        for size in itertools.cycle(_SIZES):
            if stopping.is_set():
                break
            orders = [a_wanted_order(market, {offers[number % len(offers)]: 1 + number % 3}) for number in range(size)]
            await asyncio.gather(*(_until_acknowledged(queues, order, tell) for order in orders))
            await asyncio.sleep(_PAUSE_SECONDS)


async def _until_acknowledged(queues: PlacingQueues, order: WantedOrder, tell: Acknowledge) -> None:
    while True:
        try:
            receipt = await queues.place(order)
        except (Busy, OutcomeUnknown):
            continue
        told = {"device": str(order.device_id), "key": str(order.key), "order": str(receipt.order_id), "number": receipt.number}
        tell(told | {"total_vnd": receipt.total_vnd})
        return


async def _stop_with_input(stopping: asyncio.Event) -> None:
    await asyncio.to_thread(sys.stdin.read)
    stopping.set()


_WAYS: dict[str, Callable[[str, UUID, list[UUID], Acknowledge, asyncio.Event], Awaitable[None]]] = {
    "old": order_as_before,
    "current": order_as_today,
}


async def _run(way: str, url: str, session_id: UUID, offers: list[UUID], log: IO[str]) -> None:
    def tell(fact: dict[str, Any]) -> None:
        log.write(json.dumps(fact) + "\n")
        log.flush()

    stopping = asyncio.Event()
    waiting = asyncio.ensure_future(_stop_with_input(stopping))
    try:
        await _WAYS[way](url, session_id, offers, tell, stopping)
    except Exception as error:  # noqa: BLE001 - whatever it was, the test shall read it
        tell({"failed": repr(error)})
    await waiting


def main(arguments: list[str]) -> None:
    way, url, session_id, offers, log_path = arguments
    with Path(log_path).open("a", encoding="utf-8") as log:
        asyncio.run(_run(way, url, UUID(session_id), [UUID(offer) for offer in offers.split(",")], log))


if __name__ == "__main__":
    main(sys.argv[1:])
