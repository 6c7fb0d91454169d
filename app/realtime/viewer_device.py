"""HTTP dependency: which device asks, by its ticket cookie."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends
from fastapi.requests import HTTPConnection

from app.realtime.errors import TicketInvalid
from app.realtime.tickets import TICKET_COOKIE, TicketSigner


def _device_of(connection: HTTPConnection) -> UUID:
    signer: TicketSigner = connection.app.state.tickets
    ticket = connection.cookies.get(TICKET_COOKIE)
    if ticket is None:
        raise TicketInvalid
    return signer.read(ticket)


ViewerDevice = Annotated[UUID, Depends(_device_of)]
