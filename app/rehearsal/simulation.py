"""`ocop demo`: simulated viewers and a demo host on the running service, session after session, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from dataclasses import dataclass, field
from uuid import UUID

import httpx2
import structlog

from app.infra.startup import StartupError
from app.infra.tasks import TaskOwner
from app.infra.telemetry import configure_logging
from app.rehearsal.crowd import Crowd
from app.rehearsal.demo_accounts import DemoAccounts, read_demo_accounts
from app.rehearsal.demo_host import DemoHost, HostPace, SignInRefused
from app.rehearsal.service_address import ServiceAddress, open_service
from app.rehearsal.tally import DemoSummary, DemoTally
from app.rehearsal.viewers import Room, Temper
from app.settings import Settings

log = structlog.get_logger(__name__)

_REPORT_SECONDS = 30.0
_RAMP_SECONDS = 25.0


@dataclass(frozen=True, slots=True)
class DemoPace:
    """How lively the demo is; the tests make it quicker."""

    temper: Temper = field(default_factory=Temper)
    host: HostPace = field(default_factory=HostPace)
    ramp_seconds: float = _RAMP_SECONDS
    poll_seconds: float = 3.0


async def run_demo(settings: Settings, *, viewers: int, duration_seconds: float | None = None, pace: DemoPace | None = None) -> DemoSummary:
    """Keep about `viewers` people in the live session of the demo organisation for `duration_seconds` (None = until cancelled).

    When the session ends it waits for the next one; when the service goes away everybody comes back with it. Everything is
    repeatable from `settings.demo_seed` but the timing. Raises `StartupError` when the demo market has not been seeded.
    """
    accounts = read_demo_accounts(settings.data_dir)
    if accounts is None:
        raise StartupError(f"There are no demo accounts in {settings.data_dir}; run `ocop seed` first.")
    tally = DemoTally()
    async with open_service(settings) as service:
        simulation = _Simulation(service, accounts, settings.demo_seed, pace or DemoPace(), tally)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(duration_seconds):
                await simulation.run(viewers)
    return tally.summary()


def run(settings: Settings) -> None:
    """Run the demo until SIGTERM or Ctrl-C; both end it within two seconds. For `app.cli`."""
    configure_logging(form=settings.log_format, level=settings.log_level)
    # The client writes a line per request; ours is one line in 30 seconds.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    asyncio.run(_run_until_told(settings))


async def _run_until_told(settings: Settings) -> None:
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    if task is not None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await run_demo(settings, viewers=settings.demo_viewers)
    log.info("demo_stopped")


class _Simulation:
    def __init__(self, service: ServiceAddress, accounts: DemoAccounts, seed: int, pace: DemoPace, tally: DemoTally) -> None:
        self._service = service
        self._seed = seed
        self._pace = pace
        self._tally = tally
        self._host = DemoHost(service, accounts, pace=pace.host, seed=seed, tally=tally)
        self._tasks = TaskOwner("demo")

    async def run(self, viewers: int) -> None:
        """One session after the other, for ever."""
        self._tasks.spawn("report", self._report())
        try:
            while True:
                session_id = await self._next_session()
                self._tally.sessions += 1
                log.info("demo_joins", session_id=str(session_id), viewers=viewers)
                await self._play(session_id, viewers)
                log.info("demo_session_over", session_id=str(session_id))
                await asyncio.sleep(self._pace.poll_seconds)
        finally:
            await self._tasks.close()

    async def _next_session(self) -> UUID:
        """Wait for a live session; asks every few seconds and says once that it waits."""
        has_told = False
        while True:
            try:
                session_id = await self._host.find_live_session()
                if session_id is not None:
                    return session_id
                reason = "no live session"
            except SignInRefused as refused:
                raise StartupError(f"The demo login {refused} was refused; run `ocop seed` against this database.") from refused
            except httpx2.HTTPError as error:
                reason = type(error).__name__
            if not has_told:
                log.info("demo_waits", reason=reason)
                has_told = True
            await asyncio.sleep(self._pace.poll_seconds)

    async def _play(self, session_id: UUID, viewers: int) -> None:
        """Crowd and host in one session. The host sees its end first; then the crowd goes home."""
        room = Room(self._service, session_id, self._tally, self._pace.temper)
        crowd = Crowd(room, wanted=viewers, ramp_seconds=self._pace.ramp_seconds, seed=self._seed + self._tally.sessions)
        watching = self._tasks.start("crowd", crowd.run())
        try:
            await self._host.host(session_id)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(_REPORT_SECONDS)
            tally = self._tally
            log.info(
                "demo",
                viewers=tally.viewers_now,
                visits=tally.visits,
                comments=tally.comments,
                likes=tally.likes,
                orders=tally.orders_placed,
                units=tally.units_ordered,
                revenue_vnd=tally.revenue_vnd,
                repeated=tally.orders_repeated,
                reconnects=tally.reconnects,
                refused=dict(tally.refusals),
                troubles=dict(tally.troubles),
            )
