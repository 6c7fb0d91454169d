"""`ocop status` for people: a table for each kind of part."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.infra.clock import VIETNAM_TIME
from app.installation.status import Part, Status

# Columns from the left that hold words.
_WORDS = 2


def show(status: Status, console: Console) -> None:
    """Write it out; parts with a problem are red and say which."""
    console.print(Text(f"{status.what}, {status.taken_at.astimezone(VIETNAM_TIME):%H:%M:%S}", style="bold"))
    _table(
        console,
        ("node", "version", "workers", "sockets", "parked", "loop late", "requests/s", "orders wait"),
        [
            (
                node,
                [
                    ", ".join(node.workers),
                    sum(node.workers.values()) if node.workers else None,
                    node.sockets,
                    node.parked,
                    _ms(node.loop_late_ms),
                    node.requests_per_second,
                    node.orders_waiting,
                ],
            )
            for node in status.nodes
        ],
    )
    _table(
        console,
        ("PostgreSQL", "role", "commits wait", "behind", "log behind", "connections"),
        [
            (
                server,
                [
                    server.role,
                    {True: "yes", False: "no", None: None}[server.commits_wait_for_standby],
                    None if server.behind_seconds is None else f"{server.behind_seconds:.1f} s",
                    _bytes(server.behind_bytes),
                    server.connections,
                ],
            )
            for server in status.postgres
        ],
    )
    _table(
        console,
        ("Redis", "role", "memory", "commands/s", "replicas"),
        [(server, [server.role, _bytes(server.memory_bytes), server.commands_per_second, server.replicas]) for server in status.redis],
    )
    if status.rooms:
        _table(
            console,
            (f"room ({len(status.rooms)} of {status.waiting.live_rooms})", "viewers", "polling"),
            [(room, [room.viewers, room.polling]) for room in status.rooms],
        )
    _waiting(status, console)


def _waiting(status: Status, console: Console) -> None:
    waiting = status.waiting
    if waiting.problem:
        console.print(Text(f"Waiting work: {waiting.problem}", style="red"))
        return
    oldest = "" if waiting.oldest_untold_seconds is None else f", the oldest for {waiting.oldest_untold_seconds:.1f} s"
    uncounted = max((node.uncounted_entries or 0 for node in status.nodes), default=0)
    console.print(
        f"Waiting: {waiting.jobs_waiting} jobs ({waiting.jobs_running} running), {waiting.untold_events} events to tell rooms{oldest}, "
        f"{uncounted} ledger entries to count."
    )


def _table(console: Console, columns: tuple[str, ...], rows: list[tuple[Part, list[object]]]) -> None:
    table = Table(header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number < _WORDS else "right", no_wrap=number == 0)
    for part, cells in rows:
        words = [part.name.removeprefix("http://"), *("-" if cell in {None, ""} else str(cell) for cell in cells)]
        table.add_row(*map(Text, words), style="red" if part.problem else None)
    console.print(table)
    for part, _ in rows:
        if part.problem:
            console.print(Text(f"{part.name}: {part.problem}", style="red"))


def _ms(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f} ms"


def _bytes(value: int | None) -> str | None:
    if value is None:
        return None
    return f"{value / 1024**2:.1f} MB" if value >= 1024**2 else f"{value / 1024:.1f} KB"
