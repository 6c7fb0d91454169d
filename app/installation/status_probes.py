"""Asks every part of an installation at once how it is. Each has two seconds; one that says nothing by then holds up nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

import asyncpg
import httpx2
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from app.infra.clock import monotonic, utc_now
from app.infra.postgres_hosts import single_urls
from app.infra.redis_address import RedisAddress, read_redis_url
from app.installation.status import Installation, NodeStatus, Part, PostgresStatus, RedisStatus, RoomStatus, Status, WaitingWork

ANSWER_SECONDS = 2.0
_BETWEEN_LOOKS_SECONDS = 0.8
_ROOMS_MOST = 20

_SERVER = """
SELECT pg_is_in_recovery() AS is_standby, current_setting('synchronous_standby_names') <> '' AS waits,
  pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, '0/0')::bigint AS position,
  (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database())::int AS connections,
  CASE WHEN pg_is_in_recovery() THEN CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
    ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END END::float8 AS behind_seconds
"""
_WAITING = """
SELECT (SELECT count(*) FROM sessions WHERE state = 'live')::int AS live_rooms,
  (SELECT count(*) FROM jobs WHERE state = 'waiting')::int AS jobs_waiting,
  (SELECT count(*) FROM jobs WHERE state = 'running')::int AS jobs_running,
  (SELECT count(*) FROM room_outbox)::int AS untold_events,
  (SELECT extract(epoch FROM now() - min(created_at))::float8 FROM room_outbox) AS oldest_untold_seconds
"""
_ROOMS = "SELECT id, title FROM sessions WHERE state = 'live' ORDER BY started_at DESC NULLS LAST, id LIMIT $1"


async def look_at(installation: Installation) -> Status:
    """Everything, within about five seconds whatever hangs."""
    nodes = [NodeStatus(name=address) for address in installation.nodes]
    urls = single_urls(installation.database_url)
    postgres = [PostgresStatus(name=f"PostgreSQL {number}") for number in range(1, len(urls) + 1)]
    address = read_redis_url(installation.redis_url)
    places: Sequence[tuple[str, int] | None] = address.hosts or (None,)
    kind, asks = ("Sentinel", _ask_sentinel) if address.kind == "sentinel" else ("Redis", _ask_redis)
    redis = [RedisStatus(name=f"{kind} {number}") for number in range(1, len(places) + 1)]
    async with httpx2.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as http:
        await asyncio.gather(
            *(_in_time(node, _ask_node(http, node), extra=_BETWEEN_LOOKS_SECONDS) for node in nodes),
            *(_in_time(server, _ask_postgres(url, server)) for url, server in zip(urls, postgres, strict=True)),
            *(_in_time(server, asks(address, place, server)) for place, server in zip(places, redis, strict=True)),
        )
        redis += await _behind_sentinels(address, redis)
        _say_how_far_behind(postgres)
        primary = next((url for url, server in zip(urls, postgres, strict=True) if server.role == "primary"), None)
        waiting = WaitingWork(problem=None if primary else "no PostgreSQL that takes writes answers")
        rooms: list[RoomStatus] = []
        if primary:
            await _in_time(waiting, _ask_for_work(primary, waiting, rooms))
        answering = next((node.name for node in nodes if node.problem is None), None)
        if answering:
            await asyncio.gather(*(_in_time(room, _ask_room(http, answering, room)) for room in rooms))
    return Status(what=installation.what, taken_at=utc_now(), nodes=nodes, postgres=postgres, redis=redis, rooms=rooms, waiting=waiting)


async def _in_time(part: Part, asking: Awaitable[None], *, extra: float = 0.0) -> None:
    try:
        async with asyncio.timeout(ANSWER_SECONDS + extra):
            await asking
    except (TimeoutError, httpx2.TimeoutException, RedisTimeoutError):
        part.problem = f"does not answer within {ANSWER_SECONDS:.0f} s"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what there is to say of the part
        part.problem = f"does not answer ({type(error).__name__})"


async def _ask_node(http: httpx2.AsyncClient, node: NodeStatus) -> None:
    ready = await http.get(f"{node.name}/readyz")
    if ready.status_code != httpx2.codes.OK:
        stores = ready.json().get("stores", {})
        node.problem = "not ready: " + ", ".join(f"{store} {why}" for store, why in stores.items() if why != "answers")
    before, began = await _counters(http, node.name), monotonic()
    await asyncio.sleep(_BETWEEN_LOOKS_SECONDS)
    after, seconds = await _counters(http, node.name), monotonic() - began
    node.workers = {version: int(count) for (name, version), count in after.items() if name == "ocop_workers" and count}
    node.sockets = int(_sum(after, "ocop_sockets"))
    node.parked = int(_sum(after, "ocop_sockets_parked"))
    node.orders_waiting = int(_sum(after, "ocop_orders_waiting"))
    node.uncounted_entries = int(_sum(after, "ocop_figures_behind_entries"))
    looks = _sum(after, "ocop_loop_late_seconds_count") - _sum(before, "ocop_loop_late_seconds_count")
    late = _sum(after, "ocop_loop_late_seconds_sum") - _sum(before, "ocop_loop_late_seconds_sum")
    node.loop_late_ms = round(1000 * late / looks, 1) if looks > 0 else None
    node.requests_per_second = round((_sum(after, "ocop_http_requests_total") - _sum(before, "ocop_http_requests_total")) / seconds, 1)


Counters = dict[tuple[str, str], float]


async def _counters(http: httpx2.AsyncClient, address: str) -> Counters:
    """By name and the one label that the few with labels have; buckets are left out."""
    answer = await http.get(f"{address}/metrics")
    answer.raise_for_status()
    found: Counters = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            if "le" not in sample.labels:
                found[sample.name, ",".join(sample.labels.values())] = sample.value
    return found


def _sum(counters: Counters, name: str) -> float:
    return sum(value for (each, _), value in counters.items() if each == name)


async def _ask_postgres(url: str, server: PostgresStatus) -> None:
    found = await _row(url, _SERVER)
    server.role = "standby" if found["is_standby"] else "primary"
    server.commits_wait_for_standby = None if found["is_standby"] else found["waits"]
    server.position, server.connections, server.behind_seconds = found["position"], found["connections"], found["behind_seconds"]


def _say_how_far_behind(servers: Sequence[PostgresStatus]) -> None:
    primary = next((server for server in servers if server.role == "primary"), None)
    for server in servers:
        if server.role == "standby" and primary is not None and server.position is not None and primary.position is not None:
            server.behind_bytes = max(0, primary.position - server.position)


async def _row(url: str, question: str, *arguments: object) -> Any:  # noqa: ANN401 - each question has its own columns
    rows = await _rows(url, question, *arguments)
    return rows[0]


async def _rows(url: str, question: str, *arguments: object) -> list[Any]:
    connection = await asyncpg.connect(url, timeout=ANSWER_SECONDS)
    try:
        return list(await connection.fetch(question, *arguments))
    finally:
        # Nothing is said to a server that may hang.
        connection.terminate()


async def _ask_redis(address: RedisAddress, place: tuple[str, int] | None, server: RedisStatus) -> None:
    await _ask_info(_client(address, place, is_sentinel=False), server)


async def _ask_info(asked: Redis, server: RedisStatus) -> None:
    async with asked as client:
        found = await client.info()
    server.role = "sentinel" if found.get("redis_mode") == "sentinel" else str(found.get("role", "unknown"))
    server.memory_bytes = found.get("used_memory")
    server.commands_per_second = found.get("instantaneous_ops_per_sec")
    server.replicas = found.get("connected_slaves")
    if found.get("loading"):
        server.problem = "loads its file"
    elif server.role == "slave" and found.get("master_link_status") != "up":
        server.problem = "hears nothing of its master"


async def _ask_sentinel(address: RedisAddress, place: tuple[str, int] | None, server: RedisStatus) -> None:
    """The Sentinel, and which servers it knows behind the name."""
    await _ask_info(_client(address, place, is_sentinel=True), server)
    async with _client(address, place, is_sentinel=True) as client:
        try:
            master: Any = await client.sentinel_master(address.master_name)
            replicas: Any = await client.sentinel_slaves(address.master_name)
        except ResponseError:
            server.problem = "knows no master of the name that REDIS_URL gives"
            return
    server.knows = {f"{each['ip']}:{each['port']}": bool(each["is_sdown"] or each["is_odown"]) for each in (master, *replicas)}


async def _behind_sentinels(address: RedisAddress, sentinels: Sequence[RedisStatus]) -> list[RedisStatus]:
    """Every server that a Sentinel knows, asked by itself. Down is what most of them say."""
    places = list(dict.fromkeys(place for sentinel in sentinels for place in sentinel.knows))
    servers = [RedisStatus(name=f"Redis {place}") for place in places]
    asked = ((*place.rpartition(":"), server) for place, server in zip(places, servers, strict=True))
    await asyncio.gather(*(_in_time(server, _ask_redis(address, (host, int(port)), server)) for host, _, port, server in asked))
    for place, server in zip(places, servers, strict=True):
        says = [sentinel.knows[place] for sentinel in sentinels if place in sentinel.knows]
        if server.problem is None and 2 * sum(says) > len(says):
            server.problem = "is down for most Sentinels"
    return servers


def _client(address: RedisAddress, place: tuple[str, int] | None, *, is_sentinel: bool) -> Redis:
    if place is None:
        return Redis.from_url(address.url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS)
    host, port = place
    return Redis(
        host=host,
        port=port,
        username=address.sentinel_username if is_sentinel else address.username,
        password=address.sentinel_password if is_sentinel else address.password,
        **(address.tls.for_library() if address.tls else {}),
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=ANSWER_SECONDS,
    )


async def _ask_for_work(url: str, waiting: WaitingWork, rooms: list[RoomStatus]) -> None:
    found = await _row(url, _WAITING)
    for name, value in found.items():
        setattr(waiting, name, value)
    rooms.extend(RoomStatus(name=row["title"], session_id=row["id"]) for row in await _rows(url, _ROOMS, _ROOMS_MOST))


async def _ask_room(http: httpx2.AsyncClient, node: str, room: RoomStatus) -> None:
    answer = await http.get(f"{node}/api/v1/sessions/{room.session_id}/tick")
    if answer.status_code != httpx2.codes.OK:
        room.problem = f"answers {answer.status_code}"
        return
    counts = answer.json()["counts"]
    room.viewers, room.polling = counts["viewers"], counts["polling"]
