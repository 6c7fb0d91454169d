"""Back to just before a mistake, as docs/backup.md says it: a base backup and the log, taken while orders come in, and a server made of them."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from typing_extensions import override

from app.infra.database import open_database
from app.infra.migrations import upgrade_to_newest
from app.ledger.chain import first_break
from app.local_servers import embedded_postgres
from app.local_servers.child_process import spawn
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.local_servers.server_account import account_for, private_folder
from app.orders.group_commit import PlacingQueues
from app.settings import DatabaseSettings, OrderSettings
from tests.conftest import make_server_folder
from tests.orders.builders import a_market, a_wanted_order, an_offer

BUYERS = 6
SECONDS = 60.0


class Archiving(EmbeddedPostgres):
    """Copies its log away, as the settings in docs/backup.md do."""

    def __init__(self, folder: Path, archive: Path) -> None:
        super().__init__(folder, shared_buffers_mb=32)
        self.folder, self.archive = folder, archive

    @override
    def _options(self) -> list[str]:
        keep = f"test ! -f {self.archive}/%f && cp %p {self.archive}/%f.part && mv {self.archive}/%f.part {self.archive}/%f"
        settings = ("archive_mode=on", "archive_timeout=60", f"archive_command={keep}")
        return [*super()._options(), *(part for setting in settings for part in ("-c", setting))]

    def run_program(self, name: str, *arguments: str | Path) -> None:
        """One of PostgreSQL's own programs, as the user whose files these are."""
        account = account_for(self.folder / "postgres")
        log_file = self.folder / f"{name}.log"
        program = embedded_postgres.reachable_programs(account) / name
        child = spawn(
            name, [program, *arguments], env=embedded_postgres.SERVER_ENVIRONMENT, cwd=self.folder, log_file=log_file, account=account
        )
        assert child.wait(SECONDS)
        assert child.exit_code == 0, log_file.read_text()

    def base_backup(self, aim: Path) -> None:
        private_folder(aim, account=account_for(self.folder / "postgres"))
        arguments = ("--host", self.sockets, "--username", "postgres", "--pgdata", aim, "--wal-method", "stream", "--checkpoint", "fast")
        self.run_program("pg_basebackup", *arguments)
        self.run_program("pg_verifybackup", aim)

    def everything_archived(self) -> None:
        """Until the piece of the log that is being written is away, too."""
        last = self.run_sql("SELECT pg_walfile_name(pg_switch_wal())")
        deadline = time.monotonic() + SECONDS
        while not (self.archive / last).exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def has_come_back(self) -> None:
        """Until the log was played back to the target, and it takes writes."""
        deadline = time.monotonic() + SECONDS
        while self.run_sql("SELECT pg_is_in_recovery()") != "f":
            assert time.monotonic() < deadline
            time.sleep(0.1)


def restored(backup: Path, folder: Path, archive: Path, until: datetime) -> Archiving:
    """A server made of the backup and the log, as it was at that moment; the old one is not touched."""
    subprocess.run(["cp", "-a", str(backup), str(folder / "postgres")], check=True)  # noqa: S607 - our own folders
    with (folder / "postgres" / "postgresql.auto.conf").open("a") as settings:
        settings.write(f"restore_command = 'cp {archive}/%f %p'\n")
        settings.write(f"recovery_target_time = '{until.isoformat()}'\nrecovery_target_action = 'promote'\n")
    signal = folder / "postgres" / "recovery.signal"
    signal.touch()
    owner = (folder / "postgres" / "PG_VERSION").stat()
    os.chown(signal, owner.st_uid, owner.st_gid)
    server = Archiving(folder, archive.parent / "archive-of-the-new")
    private_folder(server.archive, account=account_for(folder / "postgres"))
    server.start()
    server.has_come_back()
    return server


@pytest.fixture
def places() -> Iterator[tuple[Path, Path, Path]]:
    """Data folders of the old server and of the new one, and where backups lie."""
    folders = (make_server_folder(), make_server_folder(), make_server_folder())
    yield folders
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


async def _an_evening(server: Archiving, backup: Path) -> tuple[UUID, list[tuple[datetime, UUID]], datetime]:
    """Orders, a backup while they come in, more of them, the mistake, more of them. Returns session, who was told yes and when, and the moment
    before the mistake."""
    acknowledged: list[tuple[datetime, UUID]] = []
    over = asyncio.Event()

    async def nothing_to_tell(session_id: object, result: object) -> None:
        return None

    async with open_database(server.url, DatabaseSettings()) as database:
        market = await a_market(database)
        offer_id = await an_offer(database, market, total=1_000_000)
        queues = PlacingQueues(database.placing, OrderSettings(), nothing_to_tell)

        async def buyer() -> None:
            while not over.is_set():
                receipt = await queues.place(a_wanted_order(market, {offer_id: 1}))
                acknowledged.append((await database.pool.fetchval("SELECT clock_timestamp()"), receipt.order_id))

        buying = [asyncio.ensure_future(buyer()) for _ in range(BUYERS)]
        await asyncio.to_thread(server.base_backup, backup)
        await asyncio.sleep(1.0)
        until: datetime = await database.pool.fetchval("SELECT clock_timestamp()")
        await asyncio.sleep(0.5)
        # The ledger refuses it; what holds the receivers does not.
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await database.pool.execute("DELETE FROM ledger_entries")
        deleted = await database.pool.execute("DELETE FROM order_contacts")
        assert int(deleted.split()[1]) > BUYERS
        await asyncio.sleep(0.5)
        over.set()
        await asyncio.gather(*buying)
        await queues.close()
    return market.session_id, acknowledged, until


@pytest.mark.slow
async def test_back_to_just_before_a_mistake_and_what_came_after_it_is_named(places: tuple[Path, Path, Path]) -> None:
    old_folder, new_folder, backups = places
    archive, backup = backups / "archive", backups / "base"
    with ExitStack() as stack:
        old = Archiving(old_folder, archive)
        private_folder(archive, account=account_for(old_folder / "postgres"))
        old.start()
        stack.callback(old.stop)
        await asyncio.to_thread(upgrade_to_newest, old.url)

        session_id, acknowledged, until = await _an_evening(old, backup)
        await asyncio.to_thread(old.everything_archived)

        new = await asyncio.to_thread(restored, backup, new_folder, archive, until)
        stack.callback(new.stop)
        had = {row["id"] for row in await _rows(old, "SELECT id FROM orders")}
        has = {row["id"] for row in await _rows(new, "SELECT id FROM orders")}
        with_contact = {row["order_id"] for row in await _rows(new, "SELECT order_id FROM order_contacts WHERE sealed IS NOT NULL")}
        entries = await _rows(new, "SELECT seq, body, hash FROM ledger_entries ORDER BY seq")
        head = await _rows(new, "SELECT last_seq, last_hash FROM ledgers")

    before = {order_id for at, order_id in acknowledged if at <= until}
    assert len(before) > BUYERS
    assert before <= has
    assert has == with_contact
    assert first_break(session_id, [(row["seq"], row["body"], row["hash"]) for row in entries]) is None
    assert (head[0]["last_seq"], head[0]["last_hash"]) == (len(has), entries[-1]["hash"])
    # The list that people are called from: all that is missing, nothing that was acknowledged before the target.
    lost = had - has
    assert lost
    assert {order_id for _, order_id in acknowledged} - has == lost
    assert not lost & before


async def _rows(server: EmbeddedPostgres, query: str) -> list[asyncpg.Record]:
    db = await asyncpg.connect(server.url)
    try:
        return list(await db.fetch(query))
    finally:
        await db.close()
