"""What this service asks of a carrier's API, whoever the carrier is. `ghtk.py` is the first.

Nothing here may be called inside a database transaction: an answer may take as long as the limit says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.carriers.parcels_to_send import ParcelToSend
from app.carriers.states import CarrierState


@dataclass(frozen=True, slots=True)
class PickupPlace:
    """Where the carrier fetches parcels; the phone as carriers write it."""

    name: str
    phone: str
    address: str
    province: str
    district: str = ""
    ward: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """The organisation's token, and where its parcels are fetched."""

    token: str
    pickup: PickupPlace


@dataclass(frozen=True, slots=True)
class Quote:
    """What carrying a parcel costs, in whole VND; `delivers` false: the carrier does not go there."""

    fee_vnd: int
    delivers: bool = True


@dataclass(frozen=True, slots=True)
class Taken:
    """The carrier has it in its books under `label`; `was_there`: it had it before we asked."""

    label: str
    fee_vnd: int | None = None
    was_there: bool = False


@dataclass(frozen=True, slots=True)
class Tracked:
    """Where a parcel is. `state` None: in words that mean nothing to us. `is_cancelled`: it will not be carried."""

    label: str
    words: str
    state: CarrierState | None
    happened_at: datetime | None = None
    collected_vnd: int | None = None
    fee_vnd: int | None = None
    is_cancelled: bool = False
    parcel_code: str = ""


class CarrierApi(Protocol):
    """A carrier. Every method raises `CarrierAway` when the outcome is unknown, `CarrierTokenRefused`, and `CarrierRefused` with its words.

    `parcel_code` is ours and is the carrier's key for repeats: what was submitted under it once is there once.
    """

    async def price(self, connection: Connection, parcel: ParcelToSend) -> Quote:
        """What it would cost. Harmless to repeat."""
        ...

    async def submit(self, connection: Connection, parcel: ParcelToSend) -> Taken:
        """Have it carried. Sent once; after `CarrierAway` ask with `track`."""
        ...

    async def cancel(self, connection: Connection, parcel_code: str) -> None:
        """Have it carried no more. Cancelled twice is cancelled."""
        ...

    async def track(self, connection: Connection, parcel_code: str) -> Tracked | None:
        """Where it is; None when the carrier has never heard of it. Harmless to repeat."""
        ...

    def notice(self, fields: Mapping[str, str]) -> Tracked | None:
        """What a notice says, its fields as they came; None when it cannot be read. Whether it is genuine was looked at before."""
        ...


def checked_address(address: str) -> str:
    """A carrier's address as a base for paths: https, or this machine itself. Raises `ValueError`."""
    scheme, _, rest = address.partition("://")
    host = rest.split("/", 1)[0].rsplit("@", 1)[-1]
    name = host.rsplit(":", 1)[0] if not host.startswith("[") else host.partition("]")[0] + "]"
    if "@" in rest.split("/", 1)[0] or not name:
        raise ValueError("a carrier's address names a host and nobody's password")
    if scheme != "https" and not (scheme == "http" and name in ("127.0.0.1", "localhost", "[::1]")):
        raise ValueError("a carrier's address begins with https://")
    return address.rstrip("/")
