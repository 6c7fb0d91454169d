"""Where people reach a service that runs on this machine."""

from __future__ import annotations

import socket

from app.settings import Settings


def address_of(settings: Settings, host: str) -> str:
    """The address of the home page, as the given host knows this machine."""
    return f"http://{host}:{settings.port}"


def lan_address() -> str | None:
    """Our address in the local network. Connecting a datagram socket only asks the routing table; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return None if (address := str(probe.getsockname()[0])).startswith("127.") else address
