"""Who is behind a socket, as far as sockets need to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Audience = Literal["viewer", "staff", "bridge"]


@dataclass(frozen=True, slots=True)
class Identity:
    """A device with its role in one room. `name` is empty as long as a viewer has given none. `user_id` and `organisation_id` are set for staff only."""

    device_id: UUID
    audience: Audience
    name: str
    user_id: UUID | None = None
    organisation_id: UUID | None = None

    @property
    def shown_name(self) -> str:
        """What everybody reads; who has given no name is called the same on every way in."""
        return self.name or f"Khách {self.device_id.int % 10_000:04d}"
