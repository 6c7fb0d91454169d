"""How a worker process serves: its listening socket and the one place where uvicorn's options are set."""

from __future__ import annotations

import contextlib
import resource
import socket

import uvicorn
from starlette.types import ASGIApp

from app.settings import Settings

GRACEFUL_SECONDS = 5
_BACKLOG = 8192


def uvicorn_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """Every option we set, and why the default will not do; the tests serve with the same."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        lifespan="on",
        ws="websockets-sansio",
        # The default of 16 MiB would let one viewer fill the memory; compression would let a small frame do it.
        # Between our limit and this one a message is answered with an error instead of a closed socket.
        ws_max_size=4 * settings.realtime.max_message_bytes,
        ws_per_message_deflate=False,
        # The default waits without end for open sockets.
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        backlog=_BACKLOG,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        log_config=None,
    )


def can_share_a_port() -> bool:
    """Whether several workers may listen on one port, the kernel spreading connections among them."""
    return hasattr(socket, "SO_REUSEPORT")


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


def serve(app: ASGIApp, settings: Settings) -> bool:
    """Serve until SIGTERM or SIGINT. False when the application failed to start."""
    _raise_file_limit()
    with listening_socket(settings.host, settings.port) as listener:
        server = uvicorn.Server(uvicorn_config(app, settings))
        server.run(sockets=[listener])
    return server.started


def _raise_file_limit() -> None:
    # One descriptor per viewer: the usual soft limit of 1,024 would end a market early.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
