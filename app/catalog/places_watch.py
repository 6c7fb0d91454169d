"""Keeps a worker's places up to date: what was imported is read at the start and looked for again every few seconds."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from app.catalog.addresses import PlaceBook, book
from app.catalog.gazetteer import Gazetteer, UnitVersion, shipped
from app.catalog.places_store import imported_versions, newest_import
from app.infra.database import Database
from app.infra.tasks import TaskOwner, repeat

log = structlog.get_logger(__name__)

PLACES_SECONDS = 10.0
_READ_SECONDS = 5.0


class PlacesWatch:
    """One per process, because its places are the process's. An import is seen within `PLACES_SECONDS` and the time of one read.

    While PostgreSQL does not answer, what was read before stays in use.
    """

    def __init__(self, database: Database, *, places: PlaceBook = book, seconds: float = PLACES_SECONDS) -> None:
        self._transactions = database.transactions
        self._places = places
        self._seconds = seconds
        self._seen = 0
        self._read: Gazetteer | None = None
        self._tasks = TaskOwner("places")

    async def start(self) -> None:
        """Read once before anybody asks, then keep looking. A failure to read is logged and tried again."""
        try:
            await self.refresh()
        except Exception as error:  # noqa: BLE001 - the shipped places serve until the next look
            log.warning("places_not_read", error=repr(error))
        self._tasks.spawn("watch", repeat("refresh_places", self._seconds, self.refresh))

    async def close(self) -> None:
        """Stop looking and go back to the shipped places."""
        await self._tasks.close()
        if self._read is not None and self._places.gazetteer is self._read:
            self._places.use(None)

    async def refresh(self) -> None:
        """Take over what was imported since the last look, and make the places of today and tomorrow ready."""
        async with asyncio.timeout(_READ_SECONDS), self._transactions() as db:
            newest = await newest_import(db)
            versions = await imported_versions(db) if newest != self._seen else None
        # in a thread: to build a day takes longer than the loop may be held
        gazetteer = await asyncio.to_thread(self._built, versions)
        if versions is not None:
            self._places.use(gazetteer)
            self._read, self._seen = gazetteer, newest
            log.info("places_taken_over", import_id=newest, versions=len(versions))

    def _built(self, versions: list[UnitVersion] | None) -> Gazetteer:
        gazetteer = self._places.gazetteer if versions is None else shipped().with_versions(versions)
        today = self._places.today()
        for day in (today, today + timedelta(days=1)):
            gazetteer.on(day)
        return gazetteer
