"""The services of this package, built together: one object for `app/wiring.py`, which has enough to name."""

from __future__ import annotations

from dataclasses import dataclass

from app.infra.database import Database
from app.infra.job_lock import JobLock
from app.metrics.service import MetricsService
from app.programmes.comparing import Comparing
from app.programmes.jobs import OWN_LATE_SECONDS, SumsKeeper
from app.programmes.leagues import Leagues
from app.programmes.programmes import Programmes
from app.programmes.reading import ProgrammeReading
from app.programmes.summing import Sums
from app.programmes.units import UnionUnits


@dataclass(frozen=True, slots=True)
class ProgrammeHouse:
    """Keeping and reading; `jobs` are for the wiring to start."""

    programmes: Programmes
    reading: ProgrammeReading
    leagues: Leagues
    comparing: Comparing
    units: UnionUnits
    jobs: SumsKeeper

    def all(self) -> tuple[object, ...]:
        """Each of them once."""
        return tuple(getattr(self, name) for name in self.__slots__)


def programme_house(database: Database, metrics: MetricsService, lock: JobLock) -> ProgrammeHouse:
    return ProgrammeHouse(
        programmes=Programmes(database),
        reading=ProgrammeReading(database, metrics.count_together),
        leagues=Leagues(database),
        comparing=Comparing(database),
        units=UnionUnits(database),
        jobs=SumsKeeper(Sums(database), lock, late_seconds=OWN_LATE_SECONDS),
    )


def sums_keeper(database: Database, lock: JobLock) -> SumsKeeper:
    """The background work alone, for `ocop jobs`."""
    return SumsKeeper(Sums(database), lock, late_seconds=0)
