"""Redis clients. `once` never repeats a command by itself: a lost reply is an unknown outcome that scripts must be able to refuse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.commands.core import AsyncScript
from redis.exceptions import OutOfMemoryError, ResponseError

from app.redis_keys import readiness

# Per worker and client. Who finds all of them in use waits for one, and is told after a while that there is none, as if Redis were away.
CONNECTIONS = 32
# One per room that a worker follows, for a second at a time; more rooms take turns.
BLOCKED_CONNECTIONS = 256
WAIT_FOR_CONNECTION_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class RedisClients:
    """`idempotent` may repeat (reads, sets of a value); `once` does not (scripts, counters); `blocking` is for XREAD BLOCK."""

    idempotent: Redis
    once: Redis
    blocking: Redis

    async def refusal(self, prefix: str) -> str | None:
        """Why Redis takes no writes (full, a replica, a disk that is full), or None; used by /readyz."""
        try:
            await self.once.set(readiness(prefix), "1", ex=10)
        except OutOfMemoryError:
            return "refuses writes (OOM)"
        except ResponseError as error:
            return f"refuses writes ({str(error).split(' ', 1)[0].strip(':') or 'error'})"
        return None


@asynccontextmanager
async def open_redis(url: str) -> AsyncIterator[RedisClients]:
    """Open the three clients and close them on leaving, each whatever happens to the others."""
    idempotent = _client(url, CONNECTIONS, retry=Retry(ExponentialBackoff(cap=0.5), 3))
    # redis-py 8 retries by default, also commands that must not run twice.
    once = _client(url, CONNECTIONS, retry=Retry(NoBackoff(), 0))
    blocking = _client(url, BLOCKED_CONNECTIONS, retry=Retry(NoBackoff(), 0), socket_timeout=15)
    async with AsyncExitStack() as stack:
        for client in (idempotent, once, blocking):
            stack.push_async_callback(client.aclose)
        yield RedisClients(idempotent, once, blocking)


def _client(url: str, connections: int, *, retry: Retry, socket_timeout: float = 5) -> Redis:
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=WAIT_FOR_CONNECTION_SECONDS,
        decode_responses=True,
        socket_timeout=socket_timeout,
        socket_connect_timeout=5,
        retry=retry,
    )
    return Redis.from_pool(pool)


def load_script(client: Redis, path: Path) -> AsyncScript:
    """Register a Lua file; EVALSHA with a fall-back to EVAL is redis-py's."""
    return client.register_script(path.read_text(encoding="utf-8"))
