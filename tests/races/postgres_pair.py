"""Primary and standby of a cluster that runs: which is which, and the loss of the primary for good, after which the standby is promoted."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.infra.startup import StartupError
from app.local_servers.replicated_postgres import ReplicatedPostgres
from tests.freezing import frozen
from tests.local_servers.service_process import ServiceProcess, is_alive
from tests.metrics.builders import eventually
from tests.patience import START_SECONDS, STOP_SECONDS

# "One copy is enough until there is a new standby" is the operator's word: otherwise orders would wait for it.
_PROMOTE = """
ALTER SYSTEM RESET synchronous_standby_names;
SELECT pg_reload_conf();
SELECT pg_promote();
"""
TIMELINE = "SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int"
_COMMITS_THAT_WAIT = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
_LAST_SEQ = "SELECT coalesce(max(last_seq), 0) FROM ledgers"


@dataclass(frozen=True, slots=True)
class Promotion:
    """Who was lost and who leads since then, the timelines of the two, and the last `seq` of a ledger that the primary had passed on."""

    lost: Path
    promoted: Path
    timelines: tuple[int, int]
    last_seq: int


class PostgresPair:
    """Known by their files. The cluster's supervisor starts whichever has ended, also one without files: as a standby of the other."""

    def __init__(self, cluster: ServiceProcess) -> None:
        self._cluster = cluster
        self._folders = [cluster.data_dir / "cluster" / f"postgres-{number}" for number in (1, 2)]
        self.promotions: list[Promotion] = []

    @property
    def primary(self) -> Path:
        """Folder of the one that takes writes."""
        (leads,) = (folder for folder in self._folders if ReplicatedPostgres(folder).leads)
        return leads

    @property
    def standby(self) -> Path:
        """Folder of the other one, which may still have to be made."""
        primary = self.primary
        (follows,) = (folder for folder in self._folders if folder != primary)
        return follows

    async def is_whole(self) -> None:
        """Wait until the standby confirms what is committed."""
        await eventually(self._is_confirmed, within_seconds=START_SECONDS)

    async def loses_its_primary(self) -> None:
        """While a COMMIT is under way its processes and its files are gone at once; then the standby is promoted, as an operator does it."""
        await self.is_whole()
        lost, promoted = self.primary, self.standby
        before = await asyncio.to_thread(_number, lost, TIMELINE)

        async def a_commit_waits() -> bool:
            return await asyncio.to_thread(_number, lost, _COMMITS_THAT_WAIT) > 0

        (standby,) = await asyncio.to_thread(self._cluster.named, running_in(promoted))
        # It hangs until then, so whether these orders are placed is what nobody can say.
        with frozen(standby.pid):
            await eventually(a_commit_waits, within_seconds=START_SECONDS)
            await self._lose(lost)
        await asyncio.to_thread(ReplicatedPostgres(promoted).run_sql, _PROMOTE)
        after = await asyncio.to_thread(_number, promoted, TIMELINE)
        last_seq = await asyncio.to_thread(_number, promoted, _LAST_SEQ)
        self.promotions.append(Promotion(lost, promoted, (before, after), last_seq))

    async def _is_confirmed(self) -> bool:
        try:
            return await asyncio.to_thread(ReplicatedPostgres(self.primary).is_confirmed)
        except StartupError:
            # it is just coming back from another fault
            return False

    async def _lose(self, folder: Path) -> None:
        """The files first, so that it cannot be started from them; its processes do not care where their folder is."""
        gone = folder / "postgres.lost"
        (server,) = await asyncio.to_thread(self._cluster.named, running_in(folder))
        (folder / "postgres").rename(gone)
        # Frozen, because whoever is left alone could answer for a moment longer, and the postmaster would make new ones.
        with frozen(server.pid):
            family = [*server.children(recursive=True), server]
            for process in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()

        async def are_gone() -> bool:
            return not any(is_alive(process) for process in family)

        await eventually(are_gone, within_seconds=STOP_SECONDS)
        await asyncio.to_thread(shutil.rmtree, gone)


def running_in(folder: Path) -> str:
    """Part of the command of the server there, and of no program that copies its files."""
    return f"{folder.name}/postgres -c"


def _number(folder: Path, question: str) -> int:
    return int(ReplicatedPostgres(folder).run_sql(question, database="ocop"))
