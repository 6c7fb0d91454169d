"""Writes one session that is over, with all that its report needs, into a package for another installation. Changes nothing but the audit trail."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

from app.accounts.audit import insert_audit
from app.catalog.picture_files import PictureFiles
from app.infra.clock import utc_now
from app.infra.database import Database, RawConnection
from app.infra.key_ring import KeyRing
from app.installation.transfer_errors import SessionNotFinal, SessionUnknown
from app.installation.transfer_package import PackageWriter, Row
from app.installation.transfer_people import Marks, Resealing, new_seal
from app.installation.transfer_pictures import PicturesOut
from app.installation.transfer_tables import CARRIED, ORDERS, PICTURES, WRAPPED, CarriedTable
from app.reports.summaries import Summaries

_AT_ONCE = 1_000
_SESSION = """
SELECT s.organisation_id, s.title, s.state, s.host_id, coalesce(t.figures ->> 'state', 'live') AS figures
FROM sessions s LEFT JOIN session_totals t ON t.session_id = s.id WHERE s.id = $1
"""
_REVISION = "SELECT version_num FROM alembic_version"
_ROWS = "SELECT (to_jsonb(t) - $2::text[])::text FROM {name} t WHERE {where} ORDER BY {order}"
_PICTURES = f"SELECT id, files FROM pictures WHERE {PICTURES} ORDER BY id"  # noqa: S608 - our own text
_LEFT_BEHIND = f"""
SELECT (SELECT count(DISTINCT parcel_id) FROM parcel_orders WHERE {ORDERS}) AS parcels,
  (SELECT count(*) FROM settlement_lines WHERE session_id = $1) AS settled
"""  # noqa: S608 - our own text
_PEOPLE = "SELECT id::text, role, CASE WHEN id = $2 THEN display_name END AS display_name FROM users WHERE id = ANY($1::uuid[]) ORDER BY id"
USER_COLUMNS = """
SELECT a.attname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
WHERE c.contype = 'f' AND c.confrelid = 'users'::regclass AND c.conrelid = $1::regclass
"""
"""Columns of a table that name a user."""


async def fold_whole(database: Database, session_id: UUID) -> None:
    """Store the fold of the whole ledger: with it stands who had bought before, which nobody can tell over there; and after the move the
    first reader of a long ledger need not come again."""
    while not await Summaries(database).extend(session_id, steps=10):
        pass


class SessionExport:
    """Works on one connection of the tables' owner, after `fold_whole`. `passphrase`: people go along, sealed with it; None: they stay.

    Afterwards `sha256` stands for the package; of `closed_people` rows no known secret opens, and `lost_pictures` have not all their files
    in the store: these stay behind. So do `parcels` with orders of it and `settled` lines of agreed settlements, which belong to other sessions too.
    """

    def __init__(self, db: RawConnection, ring: KeyRing, session_id: UUID, *, files: PictureFiles, passphrase: str | None = None) -> None:
        self._db, self._id = db, session_id
        self._pictures = PicturesOut(files)
        self._marks, self._users = Marks(), set[str]()
        self._seal, self._resealing = None, None
        if passphrase is not None:
            self._seal, secret = new_seal(passphrase)
            self._resealing = Resealing(secret, [known.text for known in ring.every])
        self.sha256 = ""
        self.closed_people = self.parcels = self.settled = 0

    @property
    def lost_pictures(self) -> int:
        return self._pictures.lost

    async def write(self, path: Path) -> AsyncIterator[tuple[str, int]]:
        """Yields (table, rows so far) from time to time. The file is there when it is whole, or not at all.

        Raises `SessionUnknown`, `SessionNotFinal`, `PackageExists`, `PackageUnreadable`, `PictureStoreAway`.
        """
        # One moment for all tables: orders may be confirmed meanwhile.
        async with self._db.transaction(isolation="repeatable_read", readonly=True):
            session = await self._db.fetchrow(_SESSION, self._id)
            if session is None:
                raise SessionUnknown(f"There is no session {self._id} here.")
            if session["state"] not in {"ended", "closed"} or session["figures"] == "live":
                raise SessionNotFinal("The session must have ended, and its figures be final: they are half a minute after its end.")
            package = PackageWriter(path)
            try:
                async for count in self._pictures.write(package, self._db.cursor(_PICTURES, self._id)):
                    yield "pictures, files", count
                for table in CARRIED:
                    if table.kind != "people" or self._resealing is not None:
                        async for rows in self._write_table(package, table):
                            yield table.name, rows
                left: Any = await self._db.fetchrow(_LEFT_BEHIND, self._id)
                self.parcels, self.settled = left["parcels"], left["settled"]
                with package.part("users") as part:
                    for row in await self._db.fetch(_PEOPLE, sorted(self._users), session["host_id"]):
                        part.add(dict(row))
                self.sha256 = package.finish(
                    schema_revision=await self._db.fetchval(_REVISION),
                    made_at=utc_now().isoformat(timespec="seconds"),
                    session_id=str(self._id),
                    title=session["title"],
                    people=self._seal,
                )
            except BaseException:
                package.abandon()
                raise
        about = {"sha256": self.sha256, "with_people": self._seal is not None}
        organisation_id: UUID = session["organisation_id"]
        await insert_audit(
            self._db, organisation_id=organisation_id, user_id=None, action="session.exported", subject_id=self._id, details=about
        )

    async def _write_table(self, package: PackageWriter, table: CarriedTable) -> AsyncIterator[int]:
        names_users = [row["attname"] for row in await self._db.fetch(USER_COLUMNS, table.name)]
        query = _ROWS.format(name=table.name, where=table.where, order=table.order)
        with package.part(table.name) as part:
            async for record in self._db.cursor(query, self._id, list(table.dropped), prefetch=_AT_ONCE):
                row: Row = json.loads(record[0])
                if self._prepare(table, row, names_users):
                    part.add(row)
                    if part.rows % _AT_ONCE == 0:
                        yield part.rows
        yield part.rows

    def _prepare(self, table: CarriedTable, row: dict[str, Any], names_users: list[str]) -> bool:
        """Whether the row goes along."""
        if not self._pictures.goes_along(table.name, row):
            return False
        self._users.update(row[column] for column in names_users if row.get(column) is not None)
        self._marks.replace(row)
        if table.name in WRAPPED and self._resealing is not None and not self._resealing.wrap(row):
            self.closed_people += 1
            return False
        return True
