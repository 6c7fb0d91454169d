"""How a worker process serves: its listening socket and the one place where uvicorn's options are set."""

from __future__ import annotations

import contextlib
import gc
import resource
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import uvicorn
from fastapi import FastAPI
from typing_extensions import override

from app.infra.acceptor import Acceptor, Caller
from app.infra.bounded_http import BoundedHttp
from app.infra.bounded_websocket import BoundedWebSocket
from app.infra.cores import can_share_a_port, share_of_core
from app.infra.processor_share import take_share
from app.infra.slow_clients import SlowHeads
from app.settings import Settings

GRACEFUL_SECONDS = 5
_FILES_RESERVED = 512
_SOCKETS_MAX = 1_000_000
_GC_THRESHOLDS = (50_000, 20, 20)


@dataclass(frozen=True, slots=True)
class ServingHooks:
    """What an application brings along for its server.

    `meet` looks at whoever calls (`Acceptor`), `heads` counts those whose request is slow; `opened` hears who takes the connections once the
    application has started; `drain` runs when the server was told to stop and takes no new connections any more, while the open ones still
    live.
    """

    meet: Callable[[Caller], None]
    heads: SlowHeads
    opened: Callable[[Acceptor], None]
    drain: Callable[[], Awaitable[None]]


def hand_over(app: FastAPI, hooks: ServingHooks) -> None:
    """Keep the hooks with the application, until a server is made for it."""
    app.state.serving = hooks


def _hooks_of(app: FastAPI) -> ServingHooks:
    hooks: ServingHooks = app.state.serving
    return hooks


def uvicorn_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """Every option we set, and why the default will not do; the tests serve with the same."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        ws=BoundedWebSocket,
        # The default of 16 MiB would let one viewer fill the memory; compression would let a small frame do it.
        # Between our limit and this one a message is answered with an error instead of a closed socket.
        ws_max_size=4 * settings.realtime.max_message_bytes,
        ws_per_message_deflate=False,
        # The default waits without end for open sockets.
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        log_config=None,
    )


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket bound so that each worker has one of its own. Raises `OSError` when the port is taken by a stranger."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if can_share_a_port():
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


class DrainingServer(uvicorn.Server):
    """Lets the application say goodbye first: uvicorn itself closes every socket at once, and all viewers would return together."""

    def __init__(self, config: uvicorn.Config, hooks: ServingHooks) -> None:
        super().__init__(config)
        self._hooks = hooks
        self._acceptors: list[Acceptor] = []

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Take connections from these sockets by ourselves: uvicorn is given none."""
        await super().startup(sockets=[])
        make_http = partial(
            BoundedHttp, heads=self._hooks.heads, config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        for listener in sockets or ():
            acceptor = Acceptor(listener, meet=self._hooks.meet, heads=self._hooks.heads, make_http=make_http)
            self._hooks.opened(acceptor)
            acceptor.start()
            self._acceptors.append(acceptor)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for acceptor in self._acceptors:
            acceptor.close()
        if self.started:
            await self._hooks.drain()
        await super().shutdown(sockets)
        for acceptor in self._acceptors:
            await acceptor.stop()


def make_server(app: FastAPI, settings: Settings) -> DrainingServer:
    """The server of a worker; the tests use the same."""
    return DrainingServer(uvicorn_config(app, settings), _hooks_of(app))


def serve(app: FastAPI, settings: Settings) -> bool:
    """Serve until SIGTERM or SIGINT. False when the application failed to start."""
    _raise_file_limit()
    take_share(share_of_core(settings.workers))
    calm_garbage_collection()
    with listening_socket(settings.host, settings.port) as listener:
        server = make_server(app, settings)
        server.run(sockets=[listener])
    return server.started


def socket_capacity() -> int:
    """How many viewers this process may carry: its file limit, less what logs, stores, pages and checks need."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(100, min(soft - _FILES_RESERVED, _SOCKETS_MAX))


def calm_garbage_collection() -> None:
    """Look for cycles less often, and never again among what exists already.

    Under load a worker holds many short-lived objects and makes few cycles; by default a fifth of its time went into the search.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


def _raise_file_limit() -> None:
    # One descriptor per viewer: the usual soft limit of 1,024 would end a market early.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
