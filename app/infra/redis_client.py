"""Redis clients. `once` never repeats a command by itself: a lost reply is an unknown outcome that scripts must be able to refuse.

The one door to Redis, whether REDIS_URL names a server, a cluster or a group under Sentinels (`redis_address.py`).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import NoScriptError, OutOfMemoryError, RedisError, ResponseError
from redis.exceptions import TimeoutError as NoAnswer

from app.infra.redis_address import RedisAddress, read_redis_url
from app.infra.redis_cluster_client import ClusterClient
from app.redis_keys import readiness

# Per worker and client, of a cluster on each of its servers. Who finds all of them in use waits for one, and is told after a while that
# there is none, as if Redis were away.
CONNECTIONS = 32
# One per room that a worker follows, for a second at a time; more rooms take turns.
BLOCKED_CONNECTIONS = 256
WAIT_FOR_CONNECTION_SECONDS = 3.0
# A Sentinel answers from memory or not at all; there are others.
_SENTINEL_SECONDS = 1.0

_SHARED_SCRIPTS = Path(__file__).with_name("scripts")
_NEEDS = re.compile(r"^-- needs (\w+\.lua)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class RedisClients:
    """`idempotent` may repeat (reads, sets of a value); `once` does not (scripts, counters); `blocking` is for XREAD BLOCK.

    In a cluster each is a `ClusterClient`: the same commands, as long as the keys of one command stand in one slot (`redis_keys.py`).
    """

    idempotent: Redis
    once: Redis
    blocking: Redis

    async def refusal(self, prefix: str) -> str | None:
        """Why Redis takes no writes (full, a replica, a disk that is full), or None; used by /readyz.

        A cluster takes some as long as one master does: taking every node out because of one would end what still works.
        """
        if isinstance(self.once, ClusterClient):
            keys = [readiness(prefix, place) for place in self.once.a_place_on_each(lambda place: readiness(prefix, place))]
            found = await asyncio.gather(*map(self._refusal_of, keys or [readiness(prefix)]), return_exceptions=True)
            if None in found:
                return None
            for why in found:
                if isinstance(why, BaseException):
                    raise why
            return str(found[0])
        return await self._refusal_of(readiness(prefix))

    async def ping(self) -> None:
        """Ask the server, or every master of a cluster, for a sign of life. Lets Redis's errors through."""
        await self._ask_masters("PING")

    async def about(self, section: str) -> list[dict[str, Any]]:
        """A section of INFO, of the server or of every master of a cluster. Lets Redis's errors through."""
        found = await self._ask_masters("INFO", section)
        return list(found.values()) if isinstance(self.once, ClusterClient) and len(self.once.get_primaries()) > 1 else [found]

    async def _ask_masters(self, *command: str) -> Any:  # noqa: ANN401 - each command has its own
        where: dict[str, Any] = {"target_nodes": ClusterClient.PRIMARIES} if isinstance(self.once, ClusterClient) else {}
        return await self.once.execute_command(*command, **where)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped

    async def _refusal_of(self, key: str) -> str | None:
        try:
            await self.once.set(key, "1", ex=10)
        except OutOfMemoryError:
            return "refuses writes (OOM)"
        except ResponseError as error:
            return f"refuses writes ({str(error).split(' ', 1)[0].strip(':') or 'error'})"
        return None


@asynccontextmanager
async def open_redis(url: str) -> AsyncIterator[RedisClients]:
    """Open the three clients and close them on leaving, each whatever happens to the others. Raises `WrongRedisUrl`."""
    address = read_redis_url(url)
    async with AsyncExitStack() as stack:
        idempotent = _client(address, stack, CONNECTIONS, retry=Retry(ExponentialBackoff(cap=0.5), 3))
        # redis-py 8 retries by default, also commands that must not run twice.
        once = _client(address, stack, CONNECTIONS, retry=Retry(NoBackoff(), 0))
        blocking = _client(address, stack, BLOCKED_CONNECTIONS, retry=Retry(NoBackoff(), 0), socket_timeout=15)
        yield RedisClients(idempotent, once, blocking)


def _client(address: RedisAddress, stack: AsyncExitStack, connections: int, *, retry: Retry, socket_timeout: float = 5) -> Redis:
    if address.kind == "cluster":
        cluster = ClusterClient(
            address, places=connections, patience=WAIT_FOR_CONNECTION_SECONDS, retry=retry, socket_timeout=socket_timeout
        )
        stack.push_async_callback(cluster.end)
        return cast("Redis", cluster)
    bounds: dict[str, Any] = {
        "max_connections": connections,
        "timeout": WAIT_FOR_CONNECTION_SECONDS,
        "decode_responses": True,
        "socket_timeout": socket_timeout,
        "socket_connect_timeout": 5,
        "retry": retry,
    }
    if address.kind == "sentinel":
        client = _behind_sentinels(address, stack, bounds)
    else:
        client = Redis.from_pool(BlockingConnectionPool.from_url(address.url, **bounds))
    stack.push_async_callback(client.aclose)
    return client


class _BoundedSentinelPool(SentinelConnectionPool, BlockingConnectionPool):
    """Asks the Sentinels for the master with each new connection; who finds none free waits."""


def _behind_sentinels(address: RedisAddress, stack: AsyncExitStack, bounds: dict[str, Any]) -> Redis:
    encrypted = address.tls.for_library() if address.tls else {}
    sentinels = Sentinel(  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
        address.hosts,
        sentinel_kwargs={
            "username": address.sentinel_username,
            "password": address.sentinel_password,
            **encrypted,
            "socket_timeout": _SENTINEL_SECONDS,
            "socket_connect_timeout": _SENTINEL_SECONDS,
            "retry": Retry(NoBackoff(), 0),
        },
    )
    stack.push_async_callback(sentinels.aclose)
    client: Redis = sentinels.master_for(
        address.master_name,
        redis_class=Redis,
        connection_pool_class=_BoundedSentinelPool,
        db=address.db,
        username=address.username,
        password=address.password,
        **encrypted,
        **bounds,
    )
    return client


async def answers_to(client: Redis, commands: Sequence[tuple[str, ...]], *, patience: float) -> list[Any]:
    """Each command's answer, in one round trip per server.

    Of a cluster's server that is away, or has not answered after so many seconds, the `RedisError` stands in its place. Raises `RedisError`
    when no server answers at all.
    """
    if isinstance(client, ClusterClient):
        found = await asyncio.gather(*(_answer_in_time(client, command, patience) for command in commands), return_exceptions=True)
        for error in found:
            if isinstance(error, BaseException) and not isinstance(error, RedisError):
                raise error
        if found and all(isinstance(each, RedisError) for each in found):
            raise found[0]
        return found
    async with client.pipeline(transaction=False) as together:
        for command in commands:
            together.execute_command(*command)
        return await together.execute()


async def _answer_in_time(client: ClusterClient, command: tuple[str, ...], patience: float) -> Any:  # noqa: ANN401 - each command has its own
    try:
        async with asyncio.timeout(patience):
            return await client.execute_command(*command)
    except TimeoutError as error:
        raise NoAnswer("no answer in time") from error


class Script:
    """A Lua script: by its hash, and as a whole to a server that does not know it yet, which has then done nothing."""

    def __init__(self, client: Redis, text: str) -> None:
        self._client = client
        self._text = text
        self._hash = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, keys: Sequence[str], args: Sequence[str | int | bytes] = ()) -> Any:  # noqa: ANN401 - each script has its own
        """The script's answer, as Redis sends it. Lets Redis's errors through."""
        try:
            return await self._client.evalsha(self._hash, len(keys), *keys, *args)
        except NoScriptError:
            return await self._client.eval(self._text, len(keys), *keys, *args)


def load_script(client: Redis, path: Path) -> Script:
    """A script of a Lua file, with what it says that it needs of `app/infra/scripts` before it."""
    text = path.read_text(encoding="utf-8")
    needed = [(_SHARED_SCRIPTS / name).read_text(encoding="utf-8") for name in _NEEDS.findall(text)]
    return Script(client, "".join([*needed, text]))
