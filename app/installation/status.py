"""What runs of a service, and how it is: nodes, stores, rooms, waiting work. Shapes of `ocop status --json`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class Installation(BaseModel):
    """Where the parts are, and in words which installation it is. `nodes` are `http://host:port`; the URLs hold passwords."""

    what: str
    nodes: list[str]
    database_url: str
    redis_url: str


class Part(BaseModel):
    """`problem` is None where all is well, else words for people: it does not answer, or what it says of itself."""

    name: str
    problem: str | None = None


class NodeStatus(Part):
    """One address that serves. Figures are of all workers behind it; `loop_late_ms` is the mean over most of a second."""

    workers: dict[str, int] = {}
    sockets: int | None = None
    parked: int | None = None
    loop_late_ms: float | None = None
    requests_per_second: float | None = None
    orders_waiting: int | None = None
    uncounted_entries: int | None = None


class PostgresStatus(Part):
    """`behind_bytes` of the log is what a standby has not applied, against the primary at about the same moment; `role` primary or standby."""

    role: str | None = None
    commits_wait_for_standby: bool | None = None
    position: int | None = None
    behind_bytes: int | None = None
    behind_seconds: float | None = None
    connections: int | None = None


class RedisStatus(Part):
    """`role` master, slave or sentinel. `knows`: the servers by address behind a Sentinel, and whether it holds them for down."""

    role: str | None = None
    memory_bytes: int | None = None
    commands_per_second: int | None = None
    replicas: int | None = None
    knows: dict[str, bool] = {}


class RoomStatus(Part):
    """A live session; `name` is its title. `polling` devices have no socket and are not among `viewers`."""

    session_id: UUID
    viewers: int | None = None
    polling: int | None = None


class WaitingWork(Part):
    """Jobs wait for `ocop jobs`; events wait to be told to rooms."""

    name: str = "waiting work"
    live_rooms: int | None = None
    jobs_waiting: int | None = None
    jobs_running: int | None = None
    untold_events: int | None = None
    oldest_untold_seconds: float | None = None


class Status(BaseModel):
    """`rooms` are the twenty that began last of `waiting.live_rooms`."""

    what: str
    taken_at: datetime
    nodes: list[NodeStatus]
    postgres: list[PostgresStatus]
    redis: list[RedisStatus]
    rooms: list[RoomStatus]
    waiting: WaitingWork

    def parts(self) -> Iterator[Part]:
        yield from (*self.nodes, *self.postgres, *self.redis, *self.rooms, self.waiting)
