"""Where PostgreSQL may be: one address, or several of which one at a time takes writes. After a failover it is found again by itself.

URLs are libpq's: `postgresql://ocop@db1:5432,db2:5432/ocop`, or `postgresql://ocop@/ocop?host=/run/a,/run/b`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import asyncpg
import structlog

from app.infra.watched_commits import PostgresUnreachable, WatchedConnection, connect_to_postgres

log = structlog.get_logger(__name__)

# What the DSN says of the address, when a library hands it over in parts.
_ADDRESS = ("host", "port", "user", "password", "database", "dsn", "connection_class")
_SECONDS = 5.0
_TAKES_WRITES = "SELECT NOT (pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on')"
_NEXT = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    # a standby that has not copied the database yet
    asyncpg.InvalidCatalogNameError,
)


def single_urls(url: str) -> list[str]:
    """One libpq URL for each host that `url` names, in its order. A list of ports counts along with the hosts; one port is everybody's."""
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "target_session_attrs"]
    who, at, hosts = parts.netloc.rpartition("@")
    if "," in hosts:
        return [_put_together(parts.path, who + at + host, query) for host in hosts.split(",")]
    asked = dict(query)
    folders, ports = asked.get("host", "").split(","), asked.get("port", "").split(",")
    if len(folders) == 1:
        return [_put_together(parts.path, parts.netloc, query)]
    if len(ports) not in {1, len(folders)}:
        raise ValueError("A URL of PostgreSQL names as many ports as hosts, or one.")
    rest = [(name, value) for name, value in query if name not in {"host", "port"}]
    ports = ports * len(folders) if len(ports) == 1 else ports
    return [
        _put_together(parts.path, parts.netloc, [*rest, ("host", host), *([("port", port)] if port else [])])
        for host, port in zip(folders, ports, strict=True)
    ]


def _put_together(path: str, netloc: str, query: Sequence[tuple[str, str]]) -> str:
    asked = urlencode(query, safe="/:", quote_via=quote)
    return f"postgresql://{netloc}{path}{'?' if asked else ''}{asked}"


class PostgresHosts:
    """Connects to the host that takes writes. The one that did last is asked first; each has its share of the time."""

    def __init__(self, url: str, *, wants_writes: bool = True) -> None:
        """`wants_writes` False: whichever answers, for reading; a replica is meant."""
        self.urls = single_urls(url)
        self._wants_writes = wants_writes and len(self.urls) > 1
        self._last = 0

    async def connect(self, *_address: object, **named: Any) -> WatchedConnection:  # noqa: ANN401 - asyncpg's
        """As `asyncpg.connect`, whose address is left out. Raises `PostgresUnreachable` when no host will do, or what the only host said."""
        named = {name: value for name, value in named.items() if name not in _ADDRESS}
        if len(self.urls) == 1:
            return await connect_to_postgres(self.urls[0], **named)
        share = named.pop("timeout", _SECONDS) / len(self.urls)
        reasons = []
        for number in (self._last, *(each for each in range(len(self.urls)) if each != self._last)):
            try:
                connection = await connect_to_postgres(self.urls[number], **named, timeout=share)
            except _NEXT as error:
                reasons.append(repr(error))
                continue
            if self._wants_writes and not await _takes_writes(connection, share):
                connection.terminate()
                reasons.append("takes no writes")
                continue
            if number != self._last:
                log.warning("postgresql_host_changed", host=number + 1, of=len(self.urls))
                self._last = number
            return connection
        raise PostgresUnreachable("; ".join(reasons))


async def _takes_writes(connection: WatchedConnection, seconds: float) -> bool:
    try:
        return bool(await connection.fetchval(_TAKES_WRITES, timeout=seconds))
    except _NEXT:
        return False
