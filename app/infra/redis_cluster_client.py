"""redis-py's client of a Redis Cluster, so that rooms on other masters do not feel the one that is away.

Seven things differ from redis-py 8.1. Its own client closes every connection, also those that others are using, when one part of the cluster
is down; it asks for the cluster's map again before every command for as long as that lasts; it asks one server after the other for it, also
one that is frozen; it lets what waits for a frozen master wait on when another has long taken its place; it sends its first command
anywhere; it sends ASKING and the command that it is for over different connections; and it refuses at once what finds no free connection.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.retry import Retry
from redis.cluster import PRIMARY
from redis.exceptions import (
    AskError,
    ClusterDownError,
    MovedError,
    RedisClusterException,
    ResponseError,
    SlotNotCoveredError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoAnswer
from typing_extensions import override

from app.infra.clock import monotonic
from app.infra.redis_address import RedisAddress
from app.infra.redis_cluster_probes import ClusterProbes
from app.infra.tasks import TaskOwner, repeat

# The map of the cluster is read again at most so often; while a master is away every command to it asks for that.
RENEW_SECONDS = 0.5
WATCH_SECONDS = 1.0
_REDIRECTS_MAX = 30
# While the keys of one room move from master to master, its scripts have to wait.
_TRY_AGAIN_SECONDS = 0.05
_PLACES_TRIED = 500


class ClusterClient(RedisCluster):
    """`places` commands at a time on each server; who finds them taken waits for `patience` seconds, as with a single server.

    Raises what a single server raises: `redis.exceptions.ConnectionError` also when no server knows the way.
    """

    def __init__(self, address: RedisAddress, *, places: int, patience: float, retry: Retry, socket_timeout: float) -> None:
        super().__init__(
            startup_nodes=[ClusterNode(host, port) for host, port in address.hosts],
            require_full_coverage=False,
            # redis-py would close all connections with every fifth redirect
            reinitialize_steps=0,
            # redirects may come on top of what `places` admits
            max_connections=2 * places,
            username=address.username,
            password=address.password,
            **(address.tls.for_library() if address.tls else {}),
            decode_responses=True,
            socket_timeout=socket_timeout,
            socket_connect_timeout=5,
            retry=retry,
        )
        self._patience = patience
        self._places: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(places))
        self._tasks = TaskOwner("redis_cluster")
        self._configured = list(self.nodes_manager.startup_nodes.values())
        self._probes = ClusterProbes(self._tasks, self.connection_kwargs)
        self._watch: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._renewed_at = float("-inf")
        self._failed: str | None = None
        self._knows_commands = False

    @override
    async def initialize(self, *_: Any, **__: Any) -> ClusterClient:
        """Read the cluster's map when that is wanted: once for all who wait, and not while it is new."""
        if self._initialize and monotonic() - self._renewed_at < RENEW_SECONDS:
            self._initialize = False
        if self._initialize:
            if self._renewing is None or self._renewing.done():
                self._renewing = self._tasks.start("map", self._renew())
            # Whoever gives up waiting must not end it for the others.
            await asyncio.shield(self._renewing)
        if self._watch is None:
            self._watch = self._tasks.start("watch", repeat("redis_cluster_watch", WATCH_SECONDS, self._leave_the_replaced))
        return self

    @override
    async def aclose(self) -> None:
        """What redis-py calls when it wants the map read again. `end` closes."""
        self._initialize = True

    async def end(self) -> None:
        """Close all connections."""
        await self._tasks.close()
        self._watch = None
        await self._probes.close()
        self._initialize = True
        await self.nodes_manager.aclose()
        await self.nodes_manager.aclose("startup_nodes")

    def a_place_on_each(self, key_of: Callable[[int], str]) -> list[int]:
        """Numbers whose keys lie on different masters, one for each that is known by now."""
        found: dict[str, int] = {}
        masters = len(self.get_primaries())
        for number in range(_PLACES_TRIED):
            if len(found) == masters:
                break
            nodes = self.nodes_manager.slots_cache.get(self.keyslot(key_of(number)))
            if nodes:
                found.setdefault(nodes[0].name, number)
        return list(found.values())

    @override
    async def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        if self._initialize:
            # Without a map redis-py would send the first command anywhere, also to a server that says nothing.
            _ = await self.initialize()
        try:
            return await super().execute_command(*args, **kwargs)
        except SlotNotCoveredError as error:
            self._initialize = True
            raise NoConnection(str(error)) from error

    @override
    async def _determine_slot(self, command: str, *args: Any) -> int:
        if command == "XREAD":
            # redis-py would ask a server for the place of its key, each time
            return self.keyslot(args[args.index("STREAMS") + 1] if "STREAMS" in args else args[args.index(b"STREAMS") + 1])
        return await super()._determine_slot(command, *args)

    @override
    async def _execute_command(self, target_node: ClusterNode, *args: Any, **kwargs: Any) -> Any:
        node, asks = target_node, False
        for _ in range(_REDIRECTS_MAX):
            pause = 0.0
            async with self._place_at(node):
                try:
                    return await (_ask(node, *args, **kwargs) if asks else node.execute_command(*args, **kwargs))
                except (NoConnection, NoAnswer) as error:
                    await self._note_failure(node)
                    error.last_failed_node_name = node.name  # type: ignore[union-attr]  # redis-py hands it on like this
                    raise
                except ClusterDownError:
                    self._initialize = True
                    raise
                except MovedError as error:
                    await self.nodes_manager.move_slot(error)
                    node, asks = self._node_of(error, node), False
                except AskError as error:
                    node, asks = self._node_of(error, node), True
                except TryAgainError:
                    node, asks, pause = target_node, False, _TRY_AGAIN_SECONDS
            await asyncio.sleep(pause)
        raise TryAgainError("sent from server to server too often")

    async def _renew(self) -> None:
        known = {node.name: node for node in self._configured} | self.nodes_manager.startup_nodes
        answering = await self._probes.first_to_answer(known.values())
        # Where nobody answers in time, all are asked once more, one after the other.
        asked = {node.name: self._probes.node(node) for node in ([answering] if answering else known.values())}
        self.nodes_manager.startup_nodes = asked
        try:
            await self.nodes_manager.initialize(last_failed_node_name=self._failed)
            if not self._knows_commands:
                await self.commands_parser.initialize(self._probes.node(answering or self.nodes_manager.default_node))
                self._knows_commands = True
        except RedisClusterException as error:
            raise NoConnection(str(error)) from error
        await self._probes.keep([node.name for node in self._configured] + list(self.nodes_manager.nodes_cache))
        self._initialize, self._renewed_at = False, monotonic()

    async def _leave_the_replaced(self) -> None:
        """What waits for a master that stands still waits no longer once the cluster has put another in its place."""
        masters = self.get_primaries()
        silent = await self._probes.silent(masters)
        others = [node for node in masters if node not in silent]
        if not silent or not others:
            return
        now_masters = await self._probes.masters(others[0])
        replaced = [node for node in silent if node.name not in now_masters]
        if replaced:
            self._initialize, self._renewed_at = True, float("-inf")
            _ = await self.initialize()
            for node in replaced:
                await node.disconnect()

    @asynccontextmanager
    async def _place_at(self, node: ClusterNode) -> AsyncIterator[None]:
        places = self._places[node.name]
        try:
            async with asyncio.timeout(self._patience):
                await places.acquire()
        except TimeoutError as error:
            raise NoConnection("No connection available.") from error
        try:
            yield
        finally:
            places.release()

    async def _note_failure(self, node: ClusterNode) -> None:
        node.update_active_connections_for_reconnect()
        await node.disconnect_free_connections()
        self.nodes_manager.move_node_to_end_of_cached_nodes(node.name)
        self._failed = node.name
        self._initialize = True

    def _node_of(self, redirect: AskError, before: ClusterNode) -> ClusterNode:
        host = redirect.host or before.host
        known = self.nodes_manager.get_node(host=host, port=redirect.port)
        if known is None:
            known = ClusterNode(host, redirect.port, PRIMARY, **self.connection_kwargs)
            self.nodes_manager.set_nodes(self.nodes_manager.nodes_cache, {known.name: known})
        return known


async def _ask(node: ClusterNode, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - each command has its own
    """The command behind an ASKING on the same connection."""
    connection = node.acquire_connection()
    try:
        await node.disconnect_if_needed(connection)
        await connection.send_packed_command(connection.pack_commands([("ASKING",), args]))
        try:
            await connection.read_response()
        except ResponseError:
            await connection.disconnect()
            raise
        return await node.parse_response(connection, str(args[0]), **kwargs)
    finally:
        try:
            await node.disconnect_if_needed(connection)
        finally:
            node.release(connection)
