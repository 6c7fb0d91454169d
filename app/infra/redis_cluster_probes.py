"""Which servers of a Redis Cluster answer: asked beside everything else, over connections of their own and with little patience."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.cluster import get_node_name
from redis.exceptions import RedisError

from app.infra.tasks import TaskOwner

PATIENCE_SECONDS = 1.0
_CONNECTIONS_EACH = 4


class ClusterProbes:
    """Short questions to any server. A frozen one accepts connections and says nothing; only an answer proves that somebody is there."""

    def __init__(self, tasks: TaskOwner, connection_kwargs: Mapping[str, Any]) -> None:
        self._tasks = tasks
        impatient = {"socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS, "retry": Retry(NoBackoff(), 0)}
        self._connection_kwargs = {**connection_kwargs, **impatient}
        self._nodes: dict[str, ClusterNode] = {}

    async def close(self) -> None:
        for node in self._nodes.values():
            await node.disconnect()
        self._nodes.clear()

    async def keep(self, names: Collection[str]) -> None:
        """Close what leads to other servers: over the months a cluster may have had many."""
        for name in self._nodes.keys() - set(names):
            await self._nodes.pop(name).disconnect()

    async def first_to_answer(self, nodes: Collection[ClusterNode]) -> ClusterNode | None:
        """Whoever of these answers first; None when nobody does in time. The others are not waited for."""
        asked = {self._tasks.start("probe", self._answers(node)): node for node in nodes}
        pending = set(asked)
        while pending:
            answered, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in answered:
                if task.result():
                    return asked[task]
        return None

    async def silent(self, nodes: Collection[ClusterNode]) -> list[ClusterNode]:
        """Those that do not answer in time."""
        answers = await asyncio.gather(*(self._answers(node) for node in nodes))
        return [node for node, is_there in zip(nodes, answers, strict=True) if not is_there]

    async def masters(self, node: ClusterNode) -> set[str]:
        """The names of those who have slots by now, as this server knows it. Raises `RedisError`."""
        slots = await self.node(node).execute_command("CLUSTER SLOTS")
        return {get_node_name(str(master[0]) or node.host, int(master[1])) for _, _, master, *_ in slots}

    async def _answers(self, node: ClusterNode) -> bool:
        try:
            await self.node(node).execute_command("PING")
        except (RedisError, OSError):
            return False
        return True

    def node(self, node: ClusterNode) -> ClusterNode:
        """The same server over connections of these probes."""
        own = self._nodes.get(node.name)
        if own is None:
            own = ClusterNode(node.host, node.port, **{**self._connection_kwargs, "max_connections": _CONNECTIONS_EACH})
            self._nodes[node.name] = own
        return own
