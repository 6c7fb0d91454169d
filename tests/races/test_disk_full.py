"""A full disk: orders are refused or left open, never acknowledged without being written; with room again, they go on.

Where we may mount (root), PostgreSQL's files are on a small tmpfs. Everywhere, a limit on the size of its files stands for a disk
on which tables cannot grow.
"""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app.infra.database import Database, open_database
from app.infra.migrations import upgrade_to_newest
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.orders.batch import BatchWriter
from app.protocol.server_events import OrderReceipt
from app.settings import DatabaseSettings, OrderSettings
from tests.conftest import make_server_folder
from tests.orders.builders import Market, a_market, a_wanted_order, an_offer
from tests.races.careless import BlindToAFullDisk
from tests.races.checkers import Acknowledged, acknowledged_but_not_written, complaints_about, read_truth
from tests.races.writers import a_node, acknowledged, place_all

SMALL_MB, AMPLE_MB = 150, 600
FILE_LIMIT_BYTES = 20 * 1024 * 1024  # above a WAL segment of 16 MB, so only tables and indexes meet it
BATCH = 400
FILLED_WITHIN_BATCHES = 120


def _may_mount() -> bool:
    """Asked of the kernel: root inside a container often may not."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    with tempfile.TemporaryDirectory() as place:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", place], capture_output=True, check=False)  # noqa: S607
        if mounted.returncode == 0:
            subprocess.run(["umount", place], check=True)  # noqa: S607
        return mounted.returncode == 0


class TinyDisk:
    """PostgreSQL on a tmpfs that is grown to heal."""

    def __init__(self, server: EmbeddedPostgres, place: Path) -> None:
        self.server = server
        self._place = place

    def make_room(self) -> None:
        subprocess.run(["mount", "-o", f"remount,size={AMPLE_MB}m", str(self._place)], check=True)  # noqa: S607


class SmallFiles:
    """PostgreSQL that may not write files past a size; started again without the limit to heal."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.server = server
        server.stop()
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT_BYTES, before[1]))
        try:
            server.start()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    def make_room(self) -> None:
        self.server.stop()


@contextmanager
def _tiny_disk() -> Iterator[TinyDisk]:
    place = make_server_folder()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_MB}m,mode=711", "none", str(place)], check=True)  # noqa: S607
    server = EmbeddedPostgres(place, shared_buffers_mb=16)
    try:
        server.start()
        yield TinyDisk(server, place)
    finally:
        server.stop()
        subprocess.run(["umount", "-l", str(place)], check=True)  # noqa: S607
        place.rmdir()


@contextmanager
def _small_files() -> Iterator[SmallFiles]:
    place = make_server_folder()
    server = EmbeddedPostgres(place, shared_buffers_mb=16)
    try:
        server.start()
        yield SmallFiles(server)
    finally:
        server.stop()
        shutil.rmtree(place)


DISKS: dict[str, Callable[[], AbstractContextManager[TinyDisk | SmallFiles]]] = {
    "files of 20 MB": _small_files,
    **({"tmpfs of 150 MB": _tiny_disk} if _may_mount() else {}),
}


async def _order_until_refused(
    database: Database, market: Market, write: BatchWriter, batches: int = FILLED_WITHIN_BATCHES
) -> tuple[list[Acknowledged], list[BaseException]]:
    """What was told until the first refusal, and that with its batch; a node that never refuses is let go after so many batches."""
    offer_id = await an_offer(database, market, total=1_000_000)
    # Contacts are ballast here, longer than people may write them.
    await database.pool.execute("ALTER TABLE order_contacts DROP CONSTRAINT ck_order_contacts_sealed_length")
    known: list[Acknowledged] = []
    async with a_node(database.placing, OrderSettings(place_deadline_seconds=2), write=write) as node:
        for _ in range(batches):
            orders = [a_wanted_order(market, {offer_id: 1}) for _ in range(BATCH)]
            for order in orders:
                object.__setattr__(order, "contact", replace(order.contact, sealed=os.urandom(3_000)))
            answers = await place_all(node, orders)
            known += acknowledged(orders, answers)
            if refused := [answer for answer in answers if not isinstance(answer, OrderReceipt)]:
                return known, refused
    return known, []


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("disk", DISKS)
async def test_a_full_disk_acknowledges_nothing_that_is_not_written(disk: str) -> None:
    with DISKS[disk]() as small:
        url = small.server.url
        await asyncio.to_thread(upgrade_to_newest, url)
        async with open_database(url, DatabaseSettings()) as database:
            market = await a_market(database)
            known, refused = await _order_until_refused(database, market, BatchWriter())

        small.make_room()
        if not small.server.is_running:
            await asyncio.to_thread(small.server.start)
        async with open_database(url, DatabaseSettings()) as database, a_node(database.placing) as node:
            offer_id = await an_offer(database, market)
            after = await node.place(a_wanted_order(market, {offer_id: 1}))
        truth = await read_truth(url, market.session_id)

    assert refused, f"the disk was not full after {len(known)} orders"
    assert known
    assert after.number == len(truth.ledger)
    assert complaints_about(truth, known) == []


@pytest.mark.slow
async def test_a_node_that_goes_on_when_the_disk_is_full_acknowledges_what_is_not_written() -> None:
    """The control."""
    with _small_files() as small:
        await asyncio.to_thread(upgrade_to_newest, small.server.url)
        async with open_database(small.server.url, DatabaseSettings()) as database:
            market = await a_market(database)
            known, _ = await _order_until_refused(database, market, BlindToAFullDisk(), batches=40)
            truth = await read_truth(small.server.url, market.session_id)

    assert acknowledged_but_not_written(known, truth) != []
