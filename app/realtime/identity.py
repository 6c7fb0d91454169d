"""Who is behind a socket, as far as sockets need to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Audience = Literal["viewer", "staff", "bridge"]


def guest_name(device_id: UUID) -> str:
    """What somebody is called who has given no name: the same on every way in."""
    return f"Khách {device_id.int % 10_000:04d}"


@dataclass(frozen=True, slots=True)
class Identity:
    """A device with its role in one room. `user_id` and `organisation_id` are set for staff only."""

    device_id: UUID
    audience: Audience
    name: str
    user_id: UUID | None = None
    organisation_id: UUID | None = None
