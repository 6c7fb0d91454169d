"""`make bench-fanout`: this service and other servers, all up at once, sending the same message to everybody in turns."""

from __future__ import annotations

import argparse
import asyncio
import math
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass

from app.infra.clock import utc_now
from app.infra.startup import StartupError
from app.rehearsal.client import RoomClient
from benchmarks.fanout_contest import FAILURES, SETTLE_SECONDS, Contest
from benchmarks.fanout_measure import WARM_UP_VIEWERS, Contestant, Ground
from benchmarks.fanout_report import Finding, show
from benchmarks.load.build import BENCH_FOLDER, BuildFailed
from benchmarks.load.machine import available_bytes, cores, file_limit, on_cores, pss_bytes
from benchmarks.load.service import Plan, RunningService, running_service, viewers_per_worker
from benchmarks.load.viewers import LoadFailed, Viewers
from benchmarks.peers.install import NotInstallable
from benchmarks.peers.servers import PEERS, FastApiPlain, Peer
from benchmarks.sheet import console, this_machine

SERVICE = "ocop-live"
_DEFAULT_PORT = 18_700
_RESERVED_FILES = 500
_PATIENCE_SECONDS = 240.0
_BYTES_SETTLE_SECONDS = 3.0
# Both ends of a connection, with buffers, and some room for programs.
_BYTES_PER_CONNECTION = 40_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """The run as asked for on the command line."""

    count: int
    many: int
    pairs: int
    port: int
    only: tuple[str, ...]

    @property
    def peers(self) -> list[type[Peer]]:
        return [kind for kind in PEERS if not self.only or any(part.lower() in kind.name.lower() for part in self.only)]


class _ServiceServer:
    """The service as a contestant; rounds come through the room's log, as an event from any other node would."""

    def __init__(self, service: RunningService, watcher: RoomClient) -> None:
        self._service = service
        self._watcher = watcher
        self.pids = service.pids

    async def send_rounds(self, count: int, *, interval_seconds: float) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        for number in range(1, count + 1):
            await self._service.change_pin(self._watcher)
            await asyncio.sleep(max(0.0, started + number * interval_seconds - loop.time()))


async def run(wanted: Wanted, ground: Ground) -> Finding:
    """Everything that is wanted. Raises `StartupError`, `LoadFailed`, `TimeoutError` when the service itself cannot be measured."""
    missing: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        console.print("Starting all servers…")
        ours = await _our_contestant(wanted, ground, stack)
        payload_bytes = await ours.payload_bytes()
        rivals: list[Contestant] = []
        for number, kind in enumerate(wanted.peers, start=1):
            peer = kind(wanted.port + 2 * number, core=ground.server_core, payload_bytes=payload_bytes)
            with _noted(missing, kind.name):
                rivals.append(await _rival(peer, ground, stack))
        # All are up before the first memory is read: programs of the same language share pages, and each one's part shrinks.
        await asyncio.sleep(SETTLE_SECONDS)
        console.print(f"Letting in {wanted.count:,} viewers of each…")
        await ours.let_in(wanted.count)
        for rival in rivals:
            with _noted(missing, rival.name):
                await rival.let_in(wanted.count)
        contest = Contest(ours, [rival for rival in rivals if rival.name not in missing], pairs=wanted.pairs)
        await contest.run(handshakes_against=FastApiPlain.name)
    finding = Finding(contest.ours, contest.rivals, payload_bytes=payload_bytes, missing=missing)
    if wanted.many:
        console.print(f"{SERVICE} with {wanted.many:,} viewers…")
        finding.many = await _bytes_per_viewer_of_many(wanted, ground)
    return finding


async def _our_contestant(wanted: Wanted, ground: Ground, stack: AsyncExitStack) -> Contestant:
    plan = Plan(
        port=wanted.port,
        workers=1,
        worker_cores=(ground.server_core,),
        store_cores=(ground.client_core,),
    )
    service = await stack.enter_async_context(running_service(plan))
    watcher = await service.join("bench")
    stack.push_async_callback(watcher.drop)
    return await _warmed_up(Contestant(SERVICE, "this tree", _ServiceServer(service, watcher), service.target, ground), stack)


async def _rival(peer: Peer, ground: Ground, stack: AsyncExitStack) -> Contestant:
    await stack.enter_async_context(peer)
    return await _warmed_up(Contestant(peer.name, peer.version, peer, lambda _: peer.target, ground), stack)


async def _warmed_up(contestant: Contestant, stack: AsyncExitStack) -> Contestant:
    stack.push_async_callback(contestant.send_home)
    await contestant.warm_up()
    return contestant


@contextmanager
def _noted(missing: dict[str, str], name: str) -> Iterator[None]:
    """A peer that cannot be had is missing from the table, with its reason; the others are measured."""
    try:
        yield
    except (NotInstallable, BuildFailed, *FAILURES) as error:
        missing[name] = str(error) or type(error).__name__
        console.print(f"  {name} is missing: {missing[name]}", style="yellow")


async def _bytes_per_viewer_of_many(wanted: Wanted, ground: Ground) -> tuple[int, float] | None:
    """Memory of the service per idle viewer with many viewers over several workers: how many were in, and bytes for each."""
    workers = math.ceil(wanted.many / viewers_per_worker())
    try:
        async with running_service(Plan(port=wanted.port, workers=workers)) as service:
            few = WARM_UP_VIEWERS * workers
            async with Viewers(service.target(few), count=few, seconds=600, folder=ground.folder) as warm_up:
                await warm_up.wait_joined(_PATIENCE_SECONDS)
                await asyncio.sleep(_BYTES_SETTLE_SECONDS)
                before = pss_bytes(service.pids)
                async with Viewers(service.target(wanted.many), count=wanted.many, seconds=600, folder=ground.folder) as crowd:
                    opened, _ = await crowd.wait_open(_PATIENCE_SECONDS)
                    await crowd.wait_joined(_PATIENCE_SECONDS)
                    await asyncio.sleep(_BYTES_SETTLE_SECONDS)
                    return opened, (pss_bytes(service.pids) - before) / max(1, opened)
    except (StartupError, LoadFailed, TimeoutError) as error:
        console.print(f"  not measured: {error}", style="yellow")
        return None


def _wanted() -> Wanted:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=10_000, help="viewers of each server")
    parser.add_argument("--many", type=int, default=50_000, help="viewers for the service's memory over several workers; 0 = leave out")
    parser.add_argument("--pairs", type=int, default=7, help="how often the service and each peer take turns")
    parser.add_argument("--port", type=int, default=_DEFAULT_PORT, help="first of fourteen ports")
    parser.add_argument("--only", action="append", default=[], help="part of a peer's name; may be repeated")
    chosen = parser.parse_args()
    return Wanted(chosen.n, chosen.many, chosen.pairs, chosen.port, tuple(chosen.only))


def _refusal(wanted: Wanted) -> str | None:
    """Why this machine cannot do the run; None when it can."""
    if wanted.count < 1 or wanted.pairs < 1:
        return "This needs at least one viewer (--n) and one pair (--pairs)."
    if len(cores()) < 2:
        return "This needs two cores: one for the servers, one for the clients."
    if wanted.count > file_limit() - 2 * _RESERVED_FILES:
        return f"One process may open {file_limit():,} files here; ask for fewer viewers (--n)."
    needed = max(wanted.count * (1 + len(wanted.peers)), wanted.many) * _BYTES_PER_CONNECTION
    if needed > available_bytes():
        return f"This needs about {needed / 1e9:.1f} GB of memory, {available_bytes() / 1e9:.1f} GB are free."
    return None


def main() -> None:
    """Entry of `make bench-fanout`."""
    wanted = _wanted()
    if reason := _refusal(wanted):
        raise SystemExit(reason)
    server_core, client_core = cores()[:2]
    BENCH_FOLDER.mkdir(parents=True, exist_ok=True)
    machine, began = this_machine(), utc_now()
    with on_cores([client_core]):
        try:
            finding = asyncio.run(run(wanted, Ground(server_core, client_core, BENCH_FOLDER)))
        except (StartupError, LoadFailed, OSError) as error:
            raise SystemExit(f"{SERVICE} could not be measured: {error}") from error
    show(finding, machine, began)


if __name__ == "__main__":
    main()
