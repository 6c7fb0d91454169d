"""`make bench-fanout`: this service and other servers, one after the other, sending the same message to everybody."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
from dataclasses import dataclass

from app.infra.startup import StartupError
from app.rehearsal.client import RoomClient
from benchmarks.fanout_measure import Figures, Ground, measure, tickets_needed
from benchmarks.fanout_report import Result, console, print_table, write_json
from benchmarks.load.build import BENCH_FOLDER, BuildFailed
from benchmarks.load.machine import available_bytes, cores, file_limit, on_cores, pss_bytes
from benchmarks.load.service import Plan, RunningService, running_service, viewers_per_worker
from benchmarks.load.viewers import LoadFailed, Viewers
from benchmarks.peers.install import NotInstallable
from benchmarks.peers.servers import PEERS, Peer

SERVICE = "ocop-live"
_DEFAULT_PORT = 18_700
_RESERVED_FILES = 500
_DEFAULT_PAYLOAD_BYTES = 200
_PATIENCE_SECONDS = 240.0
_SETTLE_SECONDS = 3.0
# Both ends of a connection, with buffers, and some room for programs.
_BYTES_PER_CONNECTION = 40_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """The run as asked for on the command line."""

    count: int
    many: int
    port: int
    only: tuple[str, ...]

    def includes(self, name: str) -> bool:
        return not self.only or any(part.lower() in name.lower() for part in self.only)


class _ServiceServer:
    """The service as `measure` sees it; rounds come through the room's log, as an event from any other node would."""

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


async def _measure_service(wanted: Wanted, ground: Ground) -> Figures:
    plan = Plan(
        port=wanted.port,
        workers=1,
        worker_cores=(ground.server_core,),
        store_cores=(ground.client_core,),
    )
    async with running_service(plan) as service:
        watcher = await service.join("bench")
        try:
            target = service.target(tickets_needed(wanted.count))
            return await measure(_ServiceServer(service, watcher), target, count=wanted.count, ground=ground)
        finally:
            await watcher.drop()


async def _bytes_per_viewer_of_many(wanted: Wanted, ground: Ground) -> tuple[int, float]:
    """Memory of the service per idle viewer with many viewers over several workers: how many were in, and bytes for each."""
    workers = math.ceil(wanted.many / viewers_per_worker())
    plan = Plan(port=wanted.port, workers=workers)
    async with running_service(plan) as service:
        warm_up = Viewers(service.target(200 * workers), count=200 * workers, seconds=600, folder=ground.folder)
        async with warm_up:
            await warm_up.wait_joined(_PATIENCE_SECONDS)
            await asyncio.sleep(_SETTLE_SECONDS)
            before = pss_bytes(service.pids)
            async with Viewers(service.target(wanted.many), count=wanted.many, seconds=600, folder=ground.folder) as crowd:
                opened, _ = await crowd.wait_open(_PATIENCE_SECONDS)
                await crowd.wait_joined(_PATIENCE_SECONDS)
                await asyncio.sleep(_SETTLE_SECONDS)
                return opened, (pss_bytes(service.pids) - before) / max(1, opened)


async def _result_of_service(wanted: Wanted, ground: Ground) -> Result:
    try:
        figures = await _measure_service(wanted, ground)
    except (StartupError, LoadFailed, TimeoutError) as error:
        return Result(SERVICE, "this tree", missing=str(error))
    many: dict[str, float] = {}
    if wanted.many:
        console.print(f"  {SERVICE} with {wanted.many:,} viewers…")
        try:
            opened, per_viewer = await _bytes_per_viewer_of_many(wanted, ground)
            many = {str(opened): per_viewer}
        except (StartupError, LoadFailed, TimeoutError) as error:
            console.print(f"  not measured: {error}")
    return Result(SERVICE, "this tree", figures=figures, bytes_per_viewer={str(figures.viewers): figures.bytes_per_viewer} | many)


async def _result_of_peer(kind: type[Peer], wanted: Wanted, ground: Ground, *, number: int, payload_bytes: int) -> Result:
    peer = kind(wanted.port + 2 * number, core=ground.server_core, payload_bytes=payload_bytes)
    try:
        async with peer:
            figures = await measure(peer, peer.target, count=wanted.count, ground=ground)
    except (NotInstallable, BuildFailed, LoadFailed, TimeoutError, OSError, RuntimeError) as error:
        return Result(kind.name, peer.version, missing=str(error) or type(error).__name__)
    return Result(kind.name, peer.version, figures=figures, bytes_per_viewer={str(figures.viewers): figures.bytes_per_viewer})


async def run(wanted: Wanted, ground: Ground) -> list[Result]:
    """Measure everything that is wanted; the service first, because the peers then send payloads of its size."""
    results: list[Result] = []
    payload_bytes = _DEFAULT_PAYLOAD_BYTES
    if wanted.includes(SERVICE):
        console.print(f"Measuring {SERVICE} with {wanted.count:,} viewers…")
        results.append(await _result_of_service(wanted, ground))
        if results[0].figures is not None:
            payload_bytes = results[0].figures.payload_bytes
    for number, kind in enumerate(PEERS, start=1):
        if wanted.includes(kind.name):
            console.print(f"Measuring {kind.name}…")
            results.append(await _result_of_peer(kind, wanted, ground, number=number, payload_bytes=payload_bytes))
    return results


def _wanted() -> Wanted:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=10_000, help="viewers of each server")
    parser.add_argument("--many", type=int, default=50_000, help="viewers for the service's memory over several workers; 0 = leave out")
    parser.add_argument("--port", type=int, default=_DEFAULT_PORT, help="first of twelve ports")
    parser.add_argument("--only", action="append", default=[], help="part of a server's name; may be repeated")
    chosen = parser.parse_args()
    return Wanted(chosen.n, chosen.many, chosen.port, tuple(chosen.only))


def _refusal(wanted: Wanted) -> str | None:
    """Why this machine cannot do the run; None when it can."""
    if len(cores()) < 2:
        return "This needs two cores: one for the server, one for the client."
    if wanted.count > file_limit() - 2 * _RESERVED_FILES:
        return f"One process may open {file_limit():,} files here; ask for fewer viewers (--n)."
    needed = max(wanted.count, wanted.many) * _BYTES_PER_CONNECTION
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
    ground = Ground(server_core, client_core, BENCH_FOLDER)
    with on_cores([client_core]):
        results = asyncio.run(run(wanted, ground))
    print_table(results)
    path = write_json(results)
    console.print(f"Written to {path}")
    if json.loads(path.read_text())["servers"].get(SERVICE, {}).get("missing"):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
