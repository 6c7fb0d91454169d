"""Bridges: programs that report viewer counts of outside platforms for one session, known by a token of their own."""

from __future__ import annotations

import base64
import hashlib
import hmac
from uuid import UUID, uuid4

from sqlalchemy import select

from app.accounts.audit import record_audit
from app.accounts.intentions import Intention, claim_intention
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.infra.database import Database
from app.infra.key_ring import KeyRing
from app.live.errors import BridgeTokenInvalid
from app.live.models import BridgeToken
from app.sessions.in_charge import lock_in_charge

_BRIDGE_TOKEN_PREFIX = "ocopb_"  # noqa: S105 - makes a leaked token recognisable


class BridgeTokens:
    """Issues tokens and recognises them; only their digests are stored.

    A token is made of a random number with the service's secret. That number is what an intention remembers: whoever repeats it gets the
    same token, and whoever has only the database gets none.
    """

    def __init__(self, database: Database, *, ring: KeyRing) -> None:
        self._transactions = database.transactions
        # The oldest that is kept: whoever repeats an intention after the secret was replaced shall get the token that they had.
        self._key = ring.oldest.derived("bridge tokens")

    async def issue(self, user: CurrentUser, session_id: UUID, label: str, intention: Intention | None = None) -> str:
        """A token with which a program may report outside counts of this session. It cannot be read again."""
        async with self._transactions.begin() as db:
            row = await lock_in_charge(db, user, session_id, Action.RUN_SESSIONS)
            claim = await claim_intention(db, user.id, intention, uuid4())
            token = self._token_of(claim.subject_id)
            if not claim.is_first:
                return token
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

    def _token_of(self, number: UUID) -> str:
        made = hmac.digest(self._key, number.bytes, "sha256")
        return _BRIDGE_TOKEN_PREFIX + base64.urlsafe_b64encode(made).rstrip(b"=").decode()

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
