"""TLS to a real Redis that takes nothing else from outside: one server, a cluster, a group under Sentinels; and who is not trusted is told why."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis
from typing_extensions import override

from app.infra.redis_client import open_redis
from app.infra.startup import StartupError
from app.installation.status import Installation
from app.installation.status_probes import look_at
from app.local_servers.redis_on_port import LOOPBACK, RedisOnPort, free_ports
from app.local_servers.startup_checks import check_redis_is_reachable
from app.protocol.server_events import ProductPinned
from app.realtime.room_log import RoomLog
from app.settings import PROJECT_ROOT, RealtimeSettings
from tests.conftest import make_quick_folder
from tests.deploy.redis_certificates import Authority
from tests.redis_clusters import MASTER_NAME, eventually

pytestmark = pytest.mark.deploy
_PASSWORD = "a-password-of-tests"
_PROGRAM = PROJECT_ROOT / "build" / "redis-tls" / "bin"


class Encrypted(RedisOnPort):
    """Listens with TLS on `tls_port`, and for the test itself without on `port`; wants certificates of whoever comes."""

    def __init__(self, folder: Path, ports: tuple[int, int], certificates: dict[str, str], settings: dict[str, str] | None = None) -> None:
        plain, self.tls_port = ports
        own = {"tls-port": str(self.tls_port), "tls-replication": "yes", "tls-cluster": "yes", "tls-auth-clients": "yes"}
        super().__init__(folder, port=plain, password=_PASSWORD, settings=own | certificates | (settings or {}))


class EncryptedSentinel(Encrypted):
    """The same program in its other part."""

    @override
    def _lines(self) -> dict[str, str]:
        return {"bind": LOOPBACK, "port": str(self.port), "dir": str(self._folder), "daemonize": "no", **self._settings}

    @override
    def _options(self) -> list[str]:
        return [str(self._config), "--sentinel"]

    @override
    def ask(self, command: str, *arguments: str | int) -> Any:
        with redis.Redis(host=LOOPBACK, port=self.port, socket_timeout=2.0, decode_responses=True) as client:
            return client.execute_command(command, *arguments)


class Machine:
    """A folder with certificates, and the servers that were started in it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        ours = Authority(folder, "authority")
        Authority(folder, "stranger")
        certificate, key = ours.issue("server")
        ours.issue("service")
        names = {"tls-cert-file": certificate, "tls-key-file": key, "tls-ca-cert-file": ours.file}
        self.certificates = {name: str(path) for name, path in names.items()}

    def options(self, *, authority: str = "authority", shows: bool = True) -> str:
        own = f"&ssl_certfile={self._folder}/service.pem&ssl_keyfile={self._folder}/service.key" if shows else ""
        return f"ssl_ca_certs={self._folder}/{authority}.pem{own}"

    def start(self, kind: type[Encrypted] = Encrypted, **settings: str) -> Encrypted:
        first, second = free_ports(2)
        named = {name.replace("_", "-"): value for name, value in settings.items()}
        server = kind(self._folder / f"redis-{first}", (first, second), self.certificates, named)
        server.start()
        self._stack.callback(server.stop)
        return server


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    assert (_PROGRAM / "redis-server").exists(), "make deploy-tools brings a Redis that speaks TLS"
    monkeypatch.setenv("PATH", str(_PROGRAM), prepend=":")
    folder = make_quick_folder()
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        yield Machine(folder, stack)


async def works(url: str) -> None:
    """Scripts and streams, over all three clients."""
    await asyncio.to_thread(check_redis_is_reachable, url)
    async with open_redis(url) as clients:
        log = RoomLog(clients, prefix="test", settings=RealtimeSettings())
        rooms = [uuid4() for _ in range(6)]
        for room in rooms:
            await log.append(room, ProductPinned(product_id=None))
        assert [(await log.head(room)).offset for room in rooms] == [1] * 6
        assert await clients.refusal("test") is None


def refusal(url: str) -> str:
    with pytest.raises(StartupError) as refused:
        check_redis_is_reachable(url)
    assert _PASSWORD not in str(refused.value)
    return str(refused.value)


async def test_one_server(machine: Machine) -> None:
    server = machine.start()

    await works(f"rediss://:{_PASSWORD}@{LOOPBACK}:{server.tls_port}/0?{machine.options()}")


async def test_a_cluster(machine: Machine, postgres_url: str) -> None:
    servers = [machine.start(cluster_enabled="yes", cluster_require_full_coverage="no") for _ in range(2)]
    slots = 16_384
    for number, server in enumerate(servers):
        server.ask("CLUSTER", "ADDSLOTSRANGE", number * slots // 2, (number + 1) * slots // 2 - 1)
    bus = servers[1].tls_port + 10_000
    servers[0].ask("CLUSTER", "MEET", LOOPBACK, servers[1].tls_port, bus)
    wanted = {"cluster_state": "ok", "cluster_size": "2"}
    eventually(lambda: all(wanted.items() <= server.ask("CLUSTER INFO").items() for server in servers))
    hosts = ",".join(f"{LOOPBACK}:{server.tls_port}" for server in servers)
    url = f"rediss+cluster://:{_PASSWORD}@{hosts}?{machine.options()}"

    await works(url)

    found = await look_at(Installation(what="here", nodes=[], database_url=postgres_url, redis_url=url))
    assert [(server.role, server.problem) for server in found.redis] == [("master", None)] * 2


async def test_a_group_under_sentinels(machine: Machine, postgres_url: str) -> None:
    master = machine.start()
    replica = machine.start(replicaof=f"{LOOPBACK} {master.tls_port}")
    eventually(lambda: replica.ask("ROLE")[3] == "connected")
    watches = {"sentinel monitor": f"{MASTER_NAME} {LOOPBACK} {master.tls_port} 1", "sentinel auth-pass": f"{MASTER_NAME} {_PASSWORD}"}
    sentinel = machine.start(EncryptedSentinel, **watches)
    eventually(lambda: len(sentinel.ask("SENTINEL SLAVES", MASTER_NAME)) == 1)
    url = f"rediss+sentinel://:{_PASSWORD}@{LOOPBACK}:{sentinel.tls_port}/{MASTER_NAME}?{machine.options()}"

    await works(url)

    found = await look_at(Installation(what="here", nodes=[], database_url=postgres_url, redis_url=url))
    assert [(server.role, server.problem) for server in found.redis] == [("sentinel", None), ("master", None), ("slave", None)]


@pytest.mark.parametrize("scheme", ["rediss", "rediss+cluster", "rediss+sentinel"])
def test_who_is_not_trusted_is_told_why(machine: Machine, scheme: str) -> None:
    server = machine.start()
    end = f"/{MASTER_NAME}" if scheme.endswith("sentinel") else ""
    start = f"{scheme}://:{_PASSWORD}@{LOOPBACK}:{server.tls_port}{end}"
    encrypted, plain = f"REDIS_URL: {LOOPBACK}:{server.tls_port}", f"{scheme}://:{_PASSWORD}@{LOOPBACK}:{server.port}{end}"

    assert f"{encrypted} shows a certificate that is not trusted" in refusal(start)
    assert f"{encrypted} shows a certificate that is not trusted" in refusal(f"{start}?{machine.options(authority='stranger')}")
    assert f"{encrypted} wants a certificate of ours" in refusal(f"{start}?{machine.options(shows=False)}")
    assert "perhaps that port speaks plainly" in refusal(f"{plain}?{machine.options()}")
    assert "ssl_ca_certs cannot be read" in refusal(f"{start}?{machine.options(authority='missing')}")
    assert "are not a certificate and its key" in refusal(f"{start}?{machine.options().replace('service.key', 'server.key')}")
