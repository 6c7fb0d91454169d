"""Which device asks, by its ticket cookie: for HTTP routes as a dependency, for sockets as a function."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends
from starlette.requests import HTTPConnection

from app.infra.provided import provided_by
from app.realtime.tickets import TICKET_COOKIE, TicketSigner


def device_of(connection: HTTPConnection) -> UUID:
    """The device behind a request or a socket's upgrade. Raises `TicketInvalid`."""
    signer = provided_by(connection.app, TicketSigner)
    return signer.read(connection.cookies.get(TICKET_COOKIE, ""))


ViewerDevice = Annotated[UUID, Depends(device_of)]
