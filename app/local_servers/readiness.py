"""Whether a service is ready; waits for the workers of `ocop run`, while the supervisor starts again what dies meanwhile."""

from __future__ import annotations

import http.client
import time

from app.infra.startup import StartupError
from app.local_servers.supervisor import Supervisor
from app.settings import Settings


def wait_until_ready(settings: Settings, supervisor: Supervisor, *, stage: int, seconds: float) -> None:
    """Return once `/readyz` says so. Raises `StartupError` when a worker ends again and again, or after so many seconds."""
    deadline = time.monotonic() + seconds
    host = "127.0.0.1" if settings.host in {"", "0.0.0.0", "::"} else settings.host  # noqa: S104 - compared, not bound
    while not is_ready(host, settings.port):
        supervisor.tend()
        if hopeless := supervisor.hopeless(stage=stage):
            raise StartupError(f"The service did not start: {', '.join(hopeless)} ended again and again; the lines above say why.")
        if time.monotonic() > deadline:
            raise StartupError(f"The service is not ready after {seconds:.0f} s; the lines above may say why.")
        time.sleep(0.1)


def is_ready(host: str, port: int) -> bool:
    """Whether `/readyz` there says so within five seconds; False also when nobody answers."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
