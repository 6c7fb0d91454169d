"""Personal API tokens for scripts: limited to actions that their owner chose, shown once, kept as digests, sent as `Authorization: Bearer`."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.current_user import CurrentUser
from app.accounts.errors import ActionNotYours, ApiTokenNotFound, TooManyApiTokens
from app.accounts.intentions import Intention, claim_intention
from app.accounts.models import ApiToken, User
from app.accounts.permissions import API_TOKEN_PREFIX, Action
from app.accounts.service import token_digest
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.key_ring import KeyRing

TOKENS_PER_USER = 20
DAYS_MOST = 366
# What would let a leaked token make itself at home.
NOT_BY_TOKEN = frozenset({Action.OWN_ACCOUNT, Action.MANAGE_PEOPLE})


@dataclass(frozen=True, slots=True)
class ApiTokenRow:
    """A token as its owner sees it later: never the token itself."""

    id: UUID
    name: str
    actions: tuple[Action, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class ApiTokens:
    """A token does what its owner may do, and of that only what it is for; it does less as soon as the owner may do less.

    It is made of its id with the service's secret, so that a repeated intention gets the same token.
    """

    def __init__(self, database: Database, *, ring: KeyRing) -> None:
        self._transactions = database.transactions
        # The oldest that is kept: whoever repeats an intention after the secret was replaced shall get what they had.
        self._key = ring.oldest.derived("api tokens")

    async def create(
        self, user: CurrentUser, name: str, actions: Collection[Action], *, days: int, intention: Intention | None = None
    ) -> tuple[ApiTokenRow, str]:
        """A token and how it is listed. Raises `ActionNotYours`, `TooManyApiTokens`."""
        if refused := [action for action in actions if action in NOT_BY_TOKEN or not user.may(action)]:
            raise ActionNotYours(details={"actions": sorted(refused)})
        async with self._transactions.begin() as db:
            claim = await claim_intention(db, user.id, intention, uuid4())
            token = self._token_of(claim.subject_id)
            if claim.is_first:
                # one at a time per person
                await db.execute(select(User.id).where(User.id == user.id).with_for_update(key_share=True))
                held = await db.scalar(select(func.count()).select_from(ApiToken).where(*_valid(user.id)))
                if (held or 0) >= TOKENS_PER_USER:
                    raise TooManyApiTokens(details={"most": TOKENS_PER_USER})
                now = utc_now()
                db.add(
                    ApiToken(
                        id=claim.subject_id,
                        user_id=user.id,
                        token_digest=token_digest(token),
                        name=name,
                        actions=sorted(set(actions)),
                        created_at=now,
                        expires_at=now + timedelta(days=days),
                    )
                )
                await db.flush()
                _record(db, user, "api_token.created", claim.subject_id, {"name": name, "actions": sorted(set(actions))})
            row = await db.get(ApiToken, claim.subject_id)
            if row is None:
                raise ApiTokenNotFound
            return _view(row), token

    async def list(self, user: CurrentUser) -> Sequence[ApiTokenRow]:
        """The person's tokens that still work, the newest first."""
        async with self._transactions() as db:
            rows = await db.scalars(select(ApiToken).where(*_valid(user.id)).order_by(ApiToken.created_at.desc(), ApiToken.id))
            return [_view(row) for row in rows]

    async def revoke(self, user: CurrentUser, token_id: UUID) -> None:
        """It works no longer; sockets that it opened are closed within a second. Revoking twice is no error. Raises `ApiTokenNotFound`."""
        async with self._transactions.begin() as db:
            own = select(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == user.id)
            row = await db.scalar(own.with_for_update())
            if row is None:
                raise ApiTokenNotFound(details={"token_id": str(token_id)})
            if row.revoked_at is None:
                await db.execute(update(ApiToken).where(ApiToken.id == token_id).values(revoked_at=utc_now()))
                _record(db, user, "api_token.revoked", token_id, {"name": row.name})

    def _token_of(self, token_id: UUID) -> str:
        made = hmac.digest(self._key, token_id.bytes, "sha256")
        return API_TOKEN_PREFIX + base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def _valid(user_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > utc_now()


def _view(row: ApiToken) -> ApiTokenRow:
    actions = tuple(Action(action) for action in row.actions if action in set(Action))
    return ApiTokenRow(row.id, row.name, actions, row.created_at, row.expires_at, row.last_used_at)


def _record(db: AsyncSession, user: CurrentUser, action: str, token_id: UUID, details: dict[str, object]) -> None:
    record_audit(db, organisation_id=user.organisation_id, user_id=user.id, action=action, subject_id=token_id, details=details)
