"""All tables of a programme of one moment, for exports: its report, every session, every league table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, get_args
from uuid import UUID

from app.infra.database import Database
from app.infra.limited_reading import reading_snapshot
from app.programmes.leagues import ORDERS, league_of
from app.programmes.reaching import Reader
from app.programmes.reading import ProgrammeReading, load, read_beside, session_row
from app.programmes.schemas import League, LeagueBy, ProgrammeReport, SessionRow

_SECONDS: Final = 60.0
"""For one statement: a job waits where a page would not."""
_ORGANISATION: Final = "SELECT name FROM organisations WHERE id = $1"


@dataclass(frozen=True, slots=True)
class WholeProgramme:
    """What is hidden in one table is hidden given all the others."""

    organisation: str
    report: ProgrammeReport
    sessions: tuple[SessionRow, ...]
    leagues: Mapping[LeagueBy, League]


class WholeProgrammes:
    """Reads stored sums only. Raises `ProgrammeNotFound`, `ProgrammeTooLarge`, `ReadTookTooLong`."""

    def __init__(self, database: Database, reading: ProgrammeReading) -> None:
        self._database = database
        self._reading = reading

    async def read(self, reader: Reader, programme_id: UUID) -> WholeProgramme:
        async with reading_snapshot(self._database, seconds=_SECONDS) as snapshot:
            loaded = await load(snapshot, reader, programme_id)
            beside = await read_beside(loaded)
            leagues: dict[LeagueBy, League] = {by: await league_of(loaded, by, ORDERS[by][0]) for by in get_args(LeagueBy)}
            organisation: str = await snapshot.db.fetchval(_ORGANISATION, reader.organisation_id)
        sessions = tuple(session_row(member, loaded.groups) for member in loaded.members)
        return WholeProgramme(organisation, await self._reading.report_of(loaded, beside), sessions, leagues)
