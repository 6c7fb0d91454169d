"""Takes a session out of a package of another installation: all of it in one transaction, checked against its ledger before it commits."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
from alembic.script import ScriptDirectory

from app.accounts.audit import insert_audit
from app.catalog.picture_files import PictureFiles
from app.catalog.picture_stores import Store
from app.infra.database import RawConnection
from app.infra.key_ring import KeyRing
from app.infra.migrations import migration_config
from app.installation.session_checks import require_fitting
from app.installation.transfer_errors import PackageChanged, PackageConflicts, PackageNewer, PackageUnreadable, SessionHereAlready
from app.installation.transfer_package import PackageReader, Row
from app.installation.transfer_people import Resealing, opened_seal
from app.installation.transfer_pictures import PicturesIn
from app.installation.transfer_tables import CARRIED, WRAPPED, CarriedTable

AT_ONCE = 500
_IS_HERE = "SELECT EXISTS (SELECT FROM sessions WHERE id = $1)"
_COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped"
_INSERT = """
INSERT INTO {name} ({columns}) SELECT {columns} FROM jsonb_populate_recordset(NULL::{name}, $1::jsonb) {conflict}
"""
# Whoever did something over there: by id, without a login that could be used, a name only where viewers saw it.
_PEOPLE = """
INSERT INTO users (id, organisation_id, login, display_name, role, password_hash, is_active)
SELECT id, $2, 'imported-' || id, coalesce(display_name, '-'), role, '-', false FROM jsonb_populate_recordset(NULL::users, $1::jsonb)
ON CONFLICT (id) DO NOTHING
"""
_TAKEN_CODES = "SELECT code FROM orders WHERE code = ANY($1::text[])"
_TAKEN_PRODUCT_CODES = """
SELECT p.code FROM products p JOIN jsonb_populate_recordset(NULL::products, $1::jsonb) new USING (organisation_id, code) WHERE p.id <> new.id
"""
_PLACED_CONTACTS = """
INSERT INTO order_contacts (order_id, erased_at) SELECT id, now() FROM orders WHERE session_id = $1 ON CONFLICT (order_id) DO NOTHING
"""


class SessionImport:
    """Works on one connection of the tables' owner. `passphrase`: people are taken in too; None: they stay in the package.
    `pictures`: where their files are kept here.

    Afterwards `entries` of the ledger were checked, and `new_codes` orders have another code, theirs being somebody's here.
    """

    def __init__(
        self,
        db: RawConnection,
        ring: KeyRing,
        package: PackageReader,
        *,
        pictures: tuple[Store, PictureFiles],
        passphrase: str | None = None,
    ) -> None:
        self._db, self._package = db, package
        self._pictures = PicturesIn(*pictures, package)
        self._resealing: Resealing | None = None
        if passphrase is not None and package.manifest.people is not None:
            secret = opened_seal(package.manifest.people, passphrase)
            self._resealing = Resealing(ring.current.text, [secret, *(known.text for known in ring.every)])
        try:
            self.session_id = UUID(package.manifest.session_id)
        except ValueError as error:
            raise PackageUnreadable("The manifest names no session.") from error
        self.entries = self.new_codes = 0

    async def run(self) -> AsyncIterator[tuple[str, int]]:
        """Yields (table, rows so far) from time to time. Nothing is kept unless it ends.

        Raises `SessionHereAlready`, `PackageNewer`, `PackageChanged`, `PackageUnreadable`, `PackageConflicts`, `LedgerDoesNotFit`,
        `PictureStoreAway`.
        """
        self._require_known()
        await self._require_new()
        for name in self._package.check():
            yield f"{name}, hash", self._package.manifest.parts[name].rows
        try:
            async with self._db.transaction():
                try:
                    async for step in self._take_in_everything():
                        yield step
                except BaseException:
                    # Before COMMIT only: afterwards nobody knows whether the files are wanted.
                    await self._pictures.take_back()
                    raise
        except asyncpg.UniqueViolationError as error:
            await self._require_new()
            raise PackageConflicts(f"Something of the package is here already: {error.constraint_name}.") from error
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.RaiseError) as error:
            raise PackageChanged(f"The database refuses a row: {error.constraint_name or type(error).__name__}.") from error

    async def _take_in_everything(self) -> AsyncIterator[tuple[str, int]]:
        for table in CARRIED:
            if table.name in self._package.manifest.parts and (table.kind != "people" or self._resealing is not None):
                async for rows in self._take_in(table):
                    yield table.name, rows
        await self._db.execute(_PLACED_CONTACTS, self.session_id)
        self.entries = await require_fitting(self._db, self.session_id)
        yield "ledger, checked", self.entries
        await self._audit()

    def _require_known(self) -> None:
        manifest = self._package.manifest
        known = {table.name for table in CARRIED} | {"users"}
        revisions = {script.revision for script in ScriptDirectory.from_config(migration_config("")).walk_revisions()}
        if manifest.schema_revision not in revisions or not manifest.parts.keys() <= known:
            raise PackageNewer("The package was made by newer code: upgrade this installation first.")
        # packages of older code have no pictures
        always = {table.name for table in CARRIED if table.kind == "shared" and table.name != "pictures"}
        missing = always | {"sessions", "ledger_entries", "orders", "users"}
        if absent := missing - manifest.parts.keys():
            raise PackageUnreadable(f"Parts are missing: {', '.join(sorted(absent))}.")

    async def _require_new(self) -> None:
        if await self._db.fetchval(_IS_HERE, self.session_id):
            raise SessionHereAlready(f"Session {self.session_id} is here already; nothing was changed.")

    async def _take_in(self, table: CarriedTable) -> AsyncIterator[int]:
        columns = {row["attname"] for row in await self._db.fetch(_COLUMNS, table.name)}
        done, some = 0, list[Row]()
        for row in self._package.rows(table.name):
            self._require_own(table, row, columns)
            if table.name in WRAPPED and self._resealing is not None:
                self._resealing.take_in(table.name, row)
            some.append(row)
            if len(some) == AT_ONCE:
                done += await self._insert(table, some)
                some = []
                yield done
        if some:
            done += await self._insert(table, some)
        if table.name == "organisations":
            await self._take_in_users()
        yield done

    async def _insert(self, table: CarriedTable, rows: list[Row]) -> int:
        if table.name == "orders":
            await self._give_up_taken_codes(rows)
        if table.name == "products":
            taken = {row["code"] for row in await self._db.fetch(_TAKEN_PRODUCT_CODES, json.dumps(rows))}
            for row in rows:
                row["code"] = None if row.get("code") in taken else row.get("code")
        if table.name == "pictures":
            rows = await self._pictures.unknown(self._db, rows)
        # A picture that comes twice at this moment must not pass: the files of one would be taken back with the other.
        conflict = "ON CONFLICT DO NOTHING" if table.kind == "shared" and table.name != "pictures" else ""
        if rows:
            columns = ", ".join(f'"{name}"' for name in rows[0])
            await self._db.execute(_INSERT.format(name=table.name, columns=columns, conflict=conflict), json.dumps(rows))
        if table.name == "pictures":
            await self._pictures.take(self._db, rows)
        return len(rows)

    async def _take_in_users(self) -> None:
        rows = list(self._package.rows("users"))
        if any(row.keys() != {"id", "role", "display_name"} for row in rows):
            raise PackageChanged("A row of users is not one.")
        await self._db.execute(_PEOPLE, json.dumps(rows), UUID(str(self._organisation_id())))

    def _organisation_id(self) -> object:
        return next(self._package.rows("organisations"), {}).get("id")

    async def _give_up_taken_codes(self, rows: list[Row]) -> None:
        """Codes of orders are unique here; an order whose code is another's gets one of this database."""
        taken = {row["code"] for row in await self._db.fetch(_TAKEN_CODES, [row.get("code") for row in rows])}
        for row in rows:
            if row.get("code") in taken:
                row["code"] = None
                self.new_codes += 1

    def _require_own(self, table: CarriedTable, row: Row, columns: set[str]) -> None:
        """Names of columns become part of a statement, so only known ones; and a row is of this session."""
        names = row.keys()
        if not names <= columns or names & set(table.dropped):
            raise PackageNewer(f"A row of {table.name} has columns that are not known here: upgrade this installation first.")
        if table.name == "pictures" and row.get("organisation_id") != self._organisation_id():
            raise PackageChanged("A picture is of another organisation.")
        own = {"sessions": "id", "audit_entries": "subject_id"}.get(table.name, "session_id")
        if table.kind == "own" and own in columns and row.get(own) != str(self.session_id):
            raise PackageChanged(f"A row of {table.name} is of another session.")

    async def _audit(self) -> None:
        organisation_id = await self._db.fetchval("SELECT organisation_id FROM sessions WHERE id = $1", self.session_id)
        manifest = self._package.manifest
        about = {"sha256": self._package.sha256, "made_at": manifest.made_at[:40], "with_people": self._resealing is not None}
        await insert_audit(
            self._db, organisation_id=organisation_id, user_id=None, action="session.imported", subject_id=self.session_id, details=about
        )
