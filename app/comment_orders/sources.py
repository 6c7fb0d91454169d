"""Programs that send comments of other platforms into a session, each known by a secret of its own, and what they sign with it.

The secret is made of the source's id with the service's secret: nobody who has only the database can sign. `Ocop-Timestamp` says when (seconds
since 1970), `Ocop-Signature` is `sha256=` and the HMAC-SHA256 over timestamp, a full stop and the raw body, in hex.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from app.accounts.audit import insert_audit
from app.accounts.intentions import Intention, claim_intention_raw
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.comment_orders.errors import CommentSourceNotFound, SignatureInvalid
from app.infra.clock import now_ms
from app.infra.database import Database
from app.infra.key_ring import KeyRing
from app.sessions.lookup import SessionLookup

TOLERANCE_SECONDS = 300
_PREFIX = "ocops_"
_FIND = """
SELECT c.id, c.session_id, c.platform, c.label, c.created_at, s.organisation_id FROM comment_sources c JOIN sessions s ON s.id = c.session_id
WHERE c.id = $1 AND c.revoked_at IS NULL
"""
_LIST = "SELECT id, platform, label, created_at FROM comment_sources WHERE session_id = $1 AND revoked_at IS NULL ORDER BY created_at, id LIMIT 50"
_INSERT = "INSERT INTO comment_sources (id, session_id, platform, label, created_by) VALUES ($1, $2, $3, $4, $5)"
_REVOKE = "UPDATE comment_sources SET revoked_at = now() WHERE id = $1 AND session_id = $2 AND revoked_at IS NULL RETURNING id"
_EXISTS = "SELECT EXISTS (SELECT FROM comment_sources WHERE id = $1 AND session_id = $2)"


@dataclass(frozen=True, slots=True)
class Source:
    """A source that is in use."""

    id: UUID
    session_id: UUID
    organisation_id: UUID
    platform: str
    label: str


@dataclass(frozen=True, slots=True)
class ListedSource:
    id: UUID
    platform: str
    label: str
    created_at: datetime


class CommentSources:
    """Makes, lists and recognises them."""

    def __init__(self, database: Database, *, sessions: SessionLookup, ring: KeyRing) -> None:
        self._pool = database.pool
        self._sessions = sessions
        # The oldest that is kept, so that a source goes on when the service's secret is replaced.
        self._key = ring.oldest.derived("comment sources")

    def secret_of(self, source_id: UUID) -> str:
        """What the program signs with."""
        made = hmac.digest(self._key, source_id.bytes, "sha256")
        return _PREFIX + base64.urlsafe_b64encode(made).rstrip(b"=").decode()

    async def make(self, user: CurrentUser, session_id: UUID, platform: str, label: str, intention: Intention | None = None) -> UUID:
        """A source for this session; a repeat is the same one. Raises those of access."""
        await self._sessions.managed(user, session_id, Action.RUN_SESSIONS)
        async with self._pool.acquire() as db, db.transaction():
            claim = await claim_intention_raw(db, user.id, intention, uuid4())
            if claim.is_first:
                await db.execute(_INSERT, claim.subject_id, session_id, platform, label, user.id)
                await insert_audit(
                    db,
                    organisation_id=user.organisation_id,
                    user_id=user.id,
                    action="comment_source.created",
                    subject_id=claim.subject_id,
                    details={"session_id": str(session_id), "label": label},
                )
        return claim.subject_id

    async def list(self, user: CurrentUser, session_id: UUID) -> list[ListedSource]:
        """Raises those of access."""
        await self._sessions.managed(user, session_id, Action.RUN_SESSIONS)
        async with self._pool.acquire() as db:
            return [ListedSource(**row) for row in await db.fetch(_LIST, session_id)]

    async def revoke(self, user: CurrentUser, session_id: UUID, source_id: UUID) -> None:
        """It sends nothing any more. Again changes nothing. Raises `CommentSourceNotFound`, and those of access."""
        await self._sessions.managed(user, session_id, Action.RUN_SESSIONS)
        async with self._pool.acquire() as db, db.transaction():
            if await db.fetchval(_REVOKE, source_id, session_id) is not None:
                await insert_audit(
                    db, organisation_id=user.organisation_id, user_id=user.id, action="comment_source.revoked", subject_id=source_id
                )
            elif not await db.fetchval(_EXISTS, source_id, session_id):
                raise CommentSourceNotFound(details={"source_id": str(source_id)})

    async def signed(self, source_id: UUID, *, timestamp: str, signature: str, body: bytes) -> Source:
        """The source that signed these bytes. Raises `SignatureInvalid`, also for a source that is not known: nobody learns which are."""
        if (
            not timestamp.isascii()
            or not timestamp.isdigit()
            or len(timestamp) > 12
            or abs(now_ms() // 1_000 - int(timestamp)) > TOLERANCE_SECONDS
        ):
            raise SignatureInvalid
        expected = signature_of(self.secret_of(source_id), timestamp, body)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            raise SignatureInvalid
        return await self._known(source_id)

    async def with_secret(self, source_id: UUID, secret: str) -> Source:
        """The source whose secret this is: for programs that cannot sign. Raises `SignatureInvalid`."""
        if not hmac.compare_digest(self.secret_of(source_id).encode(), secret.encode("utf-8", "replace")):
            raise SignatureInvalid
        return await self._known(source_id)

    async def _known(self, source_id: UUID) -> Source:
        async with self._pool.acquire() as db:
            row = await db.fetchrow(_FIND, source_id)
        if row is None:
            raise SignatureInvalid
        return Source(row["id"], row["session_id"], row["organisation_id"], row["platform"], row["label"])


def signature_of(secret: str, timestamp: str, body: bytes) -> str:
    """As it stands in `Ocop-Signature`."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, "sha256").hexdigest()
