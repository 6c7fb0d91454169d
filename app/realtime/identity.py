"""Who is behind a socket, as far as sockets need to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from app.realtime.networks import UNKNOWN_NETWORK

Audience = Literal["viewer", "staff", "bridge"]


@dataclass(frozen=True, slots=True)
class Identity:
    """A device with its role in one room. `name` is empty as long as a viewer has given none.

    `user_id`, `organisation_id` and `actions`, what they may do in this room, are set for staff only, `network` (`networks.py`) for viewers.
    """

    device_id: UUID
    audience: Audience
    name: str
    user_id: UUID | None = None
    organisation_id: UUID | None = None
    actions: frozenset[str] = frozenset()
    network: bytes = UNKNOWN_NETWORK
