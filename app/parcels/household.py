"""The services of this package, built together: one object for `app/wiring.py`, which has enough to name."""

from __future__ import annotations

from dataclasses import dataclass

from app.fulfilment.sealed_rows import SealedRows
from app.infra.database import Database
from app.infra.job_lock import JobLock
from app.parcels.following import ParcelFollower
from app.parcels.jobs import ParcelJobs
from app.parcels.listing import ParcelLists
from app.parcels.making import ParcelMaking
from app.parcels.packing import Packing
from app.parcels.prints import ParcelPrints
from app.parcels.reaching import ParcelReaches


@dataclass(frozen=True, slots=True)
class ParcelHouse:
    """Making, lists, packing and papers; `jobs` are for the wiring to start."""

    making: ParcelMaking
    lists: ParcelLists
    packing: Packing
    prints: ParcelPrints
    jobs: ParcelJobs

    def all(self) -> tuple[object, ...]:
        """Each of them once."""
        return tuple(getattr(self, name) for name in self.__slots__)


def parcel_house(database: Database, *, rows: SealedRows, lock: JobLock) -> ParcelHouse:
    reaches = ParcelReaches(database)
    making = ParcelMaking(database, rows)
    return ParcelHouse(
        making=making,
        lists=ParcelLists(database, rows=rows, reaches=reaches, making=making),
        packing=Packing(database, rows=rows, reaches=reaches),
        prints=ParcelPrints(database, rows=rows, reaches=reaches),
        jobs=ParcelJobs(ParcelFollower(database, rows), lock),
    )
