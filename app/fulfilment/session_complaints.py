"""What a viewer complains of about a session, during it and afterwards, and reads the answer to. No account, no order: the device's ticket.

Each complaint has a key of its own that seals words, contact and answer; erasing destroys it. That there was one, of which kind and when,
stays. Called by `complaint_routes.py`, `persons.py` and `jobs.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg

from app.accounts.audit import insert_audit
from app.comment_orders.of_persons import is_number
from app.fulfilment.complaint_limits import ComplaintLimits
from app.fulfilment.complaint_schemas import NewSessionComplaint, OwnComplaint
from app.fulfilment.errors import ComplaintsWait
from app.fulfilment.sealed_rows import SealedRows
from app.fulfilment.working_days import Promise
from app.infra.clock import to_ms, utc_now
from app.infra.database import Database, RawConnection
from app.infra.sealing import DataKey, Envelopes, SealUnreadable, WrappedKey
from app.live.masking import phone_numbers_in
from app.orders.contacts import open_words, seal_words
from app.sessions.errors import SessionNotFound
from app.sessions.lookup import SessionLookup

# Of one device about one session.
WAITING_MOST = 3
MADE_MOST = 10
# Of one device over all sessions, in a copy of its data.
COPIED_MOST = 500
ERASED_AT_ONCE = 200
LOOKED_AT_ONCE = 500

_COLUMNS = """
id, session_id, kind, key_id, wrapped_key, sealed_words, sealed_contact, sealed_answer, made_at, answered_at, answered_by, erased_at
"""
_ONE = f"SELECT {_COLUMNS} FROM session_complaints WHERE session_id = $1 AND device_id = $2 AND client_key = $3"  # noqa: S608 - our own columns
_OF_DEVICE = (
    f"SELECT {_COLUMNS} FROM session_complaints WHERE session_id = $1 AND device_id = $2 ORDER BY made_at DESC, id LIMIT {MADE_MOST}"  # noqa: S608
)
_ALL_OF_DEVICE = (
    f"SELECT {_COLUMNS} FROM session_complaints WHERE device_id = $1 AND erased_at IS NULL ORDER BY made_at DESC, id LIMIT {COPIED_MOST}"  # noqa: S608
)
_WITH_CONTACT = f"SELECT {_COLUMNS} FROM session_complaints WHERE sealed_contact IS NOT NULL AND id > $1 ORDER BY id LIMIT $2"  # noqa: S608
_COUNT = """
SELECT count(*) FILTER (WHERE answered_at IS NULL AND erased_at IS NULL) AS waiting, count(*) AS made
FROM session_complaints WHERE session_id = $1 AND device_id = $2
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('session complaint ' || $1::text || $2::text, 0))"
_INSERT = """
INSERT INTO session_complaints (id, session_id, device_id, client_key, kind, key_id, wrapped_key, sealed_words, sealed_contact, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_ERASE = """
UPDATE session_complaints SET key_id = NULL, wrapped_key = NULL, sealed_words = NULL, sealed_contact = NULL, sealed_answer = NULL,
  erased_at = $2 WHERE id = ANY($1::uuid[]) AND erased_at IS NULL RETURNING id, session_id
"""
_DUE = "SELECT id FROM session_complaints WHERE erased_at IS NULL AND made_at <= $1 ORDER BY made_at LIMIT $2 FOR UPDATE SKIP LOCKED"
_ORGANISATIONS = "SELECT id, organisation_id FROM sessions WHERE id = ANY($1::uuid[])"
_CONTACT = b"complaint contact\0"


class SessionComplaints:
    """The viewer's side. `promise`: when there is an answer."""

    def __init__(self, database: Database, *, sessions: SessionLookup, rows: SealedRows, limits: ComplaintLimits, promise: Promise) -> None:
        self._database = database
        self._sessions = sessions
        self._envelopes = rows.envelopes
        self._limits = limits
        self._promise = promise

    async def make(self, session_id: UUID, device_id: UUID, new: NewSessionComplaint, *, address: str) -> OwnComplaint:
        """Take a complaint; the same key of the same device again is the same complaint and costs no pace.

        Raises `SessionNotFound` (drafts too), `TooManyRequests`, `ComplaintsWait`.
        """
        record = await self._require_shown(session_id)
        async with self._database.pool.acquire() as db:
            if (known := await db.fetchrow(_ONE, session_id, device_id, new.key)) is not None:
                return self._own(known)
        await self._limits.admit(device_id, address)
        async with self._database.pool.acquire() as db, db.transaction():
            # Two of one device at once: the second sees the first.
            await db.execute(_LOCK, str(session_id), str(device_id))
            known = await db.fetchrow(_ONE, session_id, device_id, new.key)
            if known is None:
                count = (await db.fetch(_COUNT, session_id, device_id))[0]
                if count["waiting"] >= WAITING_MOST or count["made"] >= MADE_MOST:
                    raise ComplaintsWait
                complaint_id, key = uuid4(), self._envelopes.new_key()
                words = seal_words(key, complaint_id, new.words)
                contact = seal_contact_line(key, complaint_id, new.contact) if new.contact else None
                stored = (key.wrapped.key_id, key.wrapped.wrapped, words, contact, utc_now())
                await db.execute(_INSERT, complaint_id, session_id, device_id, new.key, new.kind, *stored)
                await insert_audit(
                    db,
                    organisation_id=record,
                    user_id=None,
                    action="session_complaint.made",
                    subject_id=complaint_id,
                    details={"session_id": str(session_id), "kind": new.kind},
                )
                known = (await db.fetch(_ONE, session_id, device_id, new.key))[0]
        return self._own(known)

    async def mine(self, session_id: UUID, device_id: UUID) -> list[OwnComplaint]:
        """What this device has complained of here, newest first, with the answers. Raises `SessionNotFound`."""
        await self._require_shown(session_id)
        return [self._own(row) for row in await self._database.pool.fetch(_OF_DEVICE, session_id, device_id)]

    def _own(self, row: asyncpg.Record) -> OwnComplaint:
        return _own(self._envelopes, row, self._promise)

    async def _require_shown(self, session_id: UUID) -> UUID:
        """The session's organisation."""
        record = await self._sessions.get_record(session_id)
        if record.state == "draft":
            raise SessionNotFound
        return record.organisation_id


class ComplaintsOfPersons:
    """What one person has complained of about sessions: by the device, or by the phone number left as the way to answer.

    A number in the words alone may be anybody's, the seller's too, so it finds nothing. Works inside a transaction of the caller.
    """

    def __init__(self, envelopes: Envelopes, *, promise: Promise) -> None:
        self._envelopes = envelopes
        self._promise = promise

    async def copy_of_device(self, db: RawConnection, device_id: UUID) -> list[OwnComplaint]:
        """As far as it is still known."""
        return [_own(self._envelopes, row, self._promise) for row in await db.fetch(_ALL_OF_DEVICE, device_id)]

    async def copy_of_phone(self, db: RawConnection, phone: str) -> list[OwnComplaint]:
        """`phone`: E.164. Opens the contact of every complaint that is kept: minutes' work at a million, so nothing for a web request."""
        return [_own(self._envelopes, row, self._promise) for row in await self._that_name(db, phone)]

    async def erase_device(self, db: RawConnection, device_id: UUID) -> int:
        """Destroy the keys of all of them; returns how many knew something."""
        return await erase_complaints(db, [row["id"] for row in await db.fetch(_ALL_OF_DEVICE, device_id)], by="person.complaints_erased")

    async def erase_phone(self, db: RawConnection, phone: str) -> int:
        return await erase_complaints(db, [row["id"] for row in await self._that_name(db, phone)], by="person.complaints_erased")

    async def _that_name(self, db: RawConnection, phone: str) -> list[asyncpg.Record]:
        found: list[asyncpg.Record] = []
        rows = await db.fetch(_WITH_CONTACT, UUID(int=0), LOOKED_AT_ONCE)
        while rows:
            found += [row for row in rows if self._names(row, phone)]
            rows = await db.fetch(_WITH_CONTACT, rows[-1]["id"], LOOKED_AT_ONCE)
        return found

    def _names(self, row: asyncpg.Record, phone: str) -> bool:
        try:
            contact = open_contact_line(data_key(self._envelopes, row), row["id"], row["sealed_contact"]) or ""
        except SealUnreadable:
            return False  # nobody can read it here
        return any(is_number(spelling, phone) for spelling in (contact, *phone_numbers_in(contact)))


class ComplaintRetention:
    """A complaint about a session is evidence of it: kept as long as that, then its key is destroyed."""

    def __init__(self, database: Database, *, evidence_days: int) -> None:
        self._database = database
        self._kept_for = timedelta(days=evidence_days)

    async def erase_due(self) -> int:
        """Erase some that are older than the setting says; returns how many. Fewer than `ERASED_AT_ONCE`: all is done."""
        async with self._database.pool.acquire() as db, db.transaction():
            rows = await db.fetch(_DUE, utc_now() - self._kept_for, ERASED_AT_ONCE)
            details = {"evidence_days": self._kept_for.days}
            return await erase_complaints(db, [row["id"] for row in rows], by="retention.complaints_erased", details=details)


async def erase_complaints(
    db: RawConnection, complaint_ids: Sequence[UUID], *, by: str, details: Mapping[str, object] | None = None
) -> int:
    """Destroy the keys of complaints about sessions, with one line in the trail for each organisation; again changes nothing."""
    erased = await db.fetch(_ERASE, complaint_ids, utc_now())
    of_session = {row["id"]: row["organisation_id"] for row in await db.fetch(_ORGANISATIONS, [row["session_id"] for row in erased])}
    for organisation_id in set(of_session.values()):
        count = sum(of_session[row["session_id"]] == organisation_id for row in erased)
        about = {"session_complaints": count, **(details or {})}
        await insert_audit(db, organisation_id=organisation_id, user_id=None, action=by, details=about)
    return len(erased)


def _own(envelopes: Envelopes, row: asyncpg.Record, promise: Promise) -> OwnComplaint:
    key = data_key(envelopes, row)
    return OwnComplaint(
        complaint_id=row["id"],
        session_id=row["session_id"],
        kind=row["kind"],
        words=open_words(key, row["id"], row["sealed_words"], None),
        contact=open_contact_line(key, row["id"], row["sealed_contact"]),
        made_at_ms=to_ms(row["made_at"]) or 0,
        due_at_ms=to_ms(promise.due_after(row["made_at"])) or 0,
        answer=open_words(key, row["id"], row["sealed_answer"], None),
        answered_at_ms=to_ms(row["answered_at"]),
    )


def data_key(envelopes: Envelopes, row: asyncpg.Record) -> DataKey | None:
    """None once it is destroyed."""
    return None if row["key_id"] is None else envelopes.open_key(WrappedKey(row["key_id"], row["wrapped_key"]))


def seal_contact_line(key: DataKey, complaint_id: UUID, contact: str) -> bytes:
    return key.seal(contact.encode(), about=_CONTACT + complaint_id.bytes)


def open_contact_line(key: DataKey | None, complaint_id: UUID, sealed: bytes | None) -> str | None:
    """None when there is none, or once the key is destroyed."""
    return None if key is None or sealed is None else key.open(sealed, about=_CONTACT + complaint_id.bytes).decode()
