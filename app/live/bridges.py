"""Bridges: programs that report viewer counts of outside platforms for one session, known by a token of their own."""

from __future__ import annotations

import hashlib
import secrets
from uuid import UUID

from sqlalchemy import select

from app.accounts.audit import record_audit
from app.accounts.service import CurrentUser
from app.infra.database import Database
from app.live.errors import BridgeTokenInvalid
from app.live.models import BridgeToken
from app.sessions.in_charge import lock_in_charge

_BRIDGE_TOKEN_BYTES = 32
_BRIDGE_TOKEN_PREFIX = "ocopb_"  # noqa: S105 - makes a leaked token recognisable


class BridgeTokens:
    """Issues tokens and recognises them; only their digests are stored."""

    def __init__(self, database: Database) -> None:
        self._transactions = database.transactions

    async def issue(self, user: CurrentUser, session_id: UUID, label: str) -> str:
        """A token with which a program may report outside counts of this session. It cannot be read again."""
        token = _BRIDGE_TOKEN_PREFIX + secrets.token_urlsafe(_BRIDGE_TOKEN_BYTES)
        async with self._transactions.begin() as db:
            row = await lock_in_charge(db, user, session_id)
            db.add(BridgeToken(token_digest=_digest(token), session_id=session_id, label=label))
            record_audit(
                db,
                organisation_id=row.organisation_id,
                user_id=user.id,
                action="session.bridge_token_created",
                subject_id=row.id,
                details={"label": label},
            )
        return token

    async def label_of(self, session_id: UUID, token: str) -> str:
        """The name of the program behind a bridge token. Raises `BridgeTokenInvalid`."""
        found = select(BridgeToken.label).where(BridgeToken.token_digest == _digest(token), BridgeToken.session_id == session_id)
        async with self._transactions() as db:
            label = await db.scalar(found)
        if label is None:
            raise BridgeTokenInvalid
        return label


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
