"""How viewers' sockets are carried: as bare descriptors, answered before ASGI (`doorway.py`), or by ASGI. Opened once, by `app/wiring.py`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack

import structlog

from app.infra.tasks import TaskOwner
from app.realtime.admission import ViewerAdmission
from app.realtime.connection import Connection
from app.realtime.descriptors import can_detach_sockets
from app.realtime.detached import DetachedSockets
from app.realtime.doorway import ViewerGate
from app.realtime.hub import Hub
from app.realtime.viewer_messages import Receiver
from app.settings import Settings

log = structlog.get_logger(__name__)


def open_gate(
    settings: Settings,
    stack: AsyncExitStack,
    *,
    hub: Hub,
    receive: Receiver,
    released: Callable[[Connection], None],
    admission: ViewerAdmission,
) -> ViewerGate | None:
    """None where they are carried by ASGI. `receive` answers a message and never raises; `released` hears of every socket that is gone."""
    carried = settings.realtime.sockets
    if carried == "auto":
        carried = "detached" if can_detach_sockets() else "portable"
    log.info("viewer_sockets", carried=carried, capacity=hub.capacity)
    if carried == "portable":
        return None
    sockets = DetachedSockets(settings.realtime, receive=receive, released=released)
    hub.use_detached(sockets)
    sockets.start()
    stack.push_async_callback(sockets.stop)
    opening = TaskOwner("gate")
    stack.push_async_callback(opening.close)
    return ViewerGate(settings=settings, admission=admission, hub=hub, sockets=sockets, arrivals=hub.arrivals, tasks=opening)
