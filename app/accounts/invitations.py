"""Invitations: a link that lets one person make their own account with the role that stands in it, once, within three days.

The link's secret stands after the `#` of an address, which browsers send to nobody: no log and no `Referer` has it. Stored is its digest.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.errors import InvitationInvalid, InvitationNotFound, InvitationUsed, TooManyInvitations
from app.accounts.intentions import Intention, claim_intention
from app.accounts.models import Invitation, Organisation
from app.accounts.people import require_grants
from app.accounts.permissions import Grant, Role
from app.accounts.service import AccountService, CurrentUser, NewUser, add_user, token_digest
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.key_ring import KeyRing

INVITATION_LASTS = timedelta(days=3)
OPEN_INVITATIONS = 200
_PREFIX = "ocopi_"


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation that waits to be taken up. `note` is for whom it was meant."""

    id: UUID
    grant: Grant
    note: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class InvitedTo:
    """What whoever has the link is told."""

    organisation_name: str
    role: Role
    expires_at: datetime


class Invitations:
    """Makes and takes up invitations.

    A link's secret is made of the invitation's id with the service's secret: whoever repeats an intention gets the same link, and whoever has
    only the database gets none.
    """

    def __init__(self, database: Database, accounts: AccountService, *, ring: KeyRing) -> None:
        self._transactions = database.transactions
        self._accounts = accounts
        # The oldest that is kept: whoever repeats an intention after the secret was replaced shall get what they had.
        self._key = ring.oldest.derived("invitations")

    async def create(self, user: CurrentUser, grant: Grant, note: str, intention: Intention | None = None) -> tuple[OpenInvitation, str]:
        """An invitation and its secret, which cannot be read again. Raises `InvalidRoles`, `TooManyInvitations`."""
        async with self._transactions.begin() as db:
            claim = await claim_intention(db, user.id, intention, uuid4())
            token = self._token_of(claim.subject_id)
            if claim.is_first:
                await require_grants(db, user.organisation_id, [grant])
                if len(await _open(db, user.organisation_id)) >= OPEN_INVITATIONS:
                    raise TooManyInvitations
                now = utc_now()
                db.add(
                    Invitation(
                        id=claim.subject_id,
                        organisation_id=user.organisation_id,
                        token_digest=token_digest(token),
                        role=grant.role,
                        ward_code=grant.ward_code,
                        session_id=grant.session_id,
                        note=note,
                        created_by=user.id,
                        created_at=now,
                        expires_at=now + INVITATION_LASTS,
                    )
                )
                await db.flush()
                _audit(db, user.organisation_id, user.id, "invitation.created", claim.subject_id, {"role": grant.role})
            row = await db.get(Invitation, claim.subject_id)
            if row is None:
                raise InvitationNotFound
            return _view(row), token

    async def list(self, user: CurrentUser) -> list[OpenInvitation]:
        """Those that can still be taken up, the newest first."""
        async with self._transactions() as db:
            return [_view(row) for row in await _open(db, user.organisation_id)]

    async def revoke(self, user: CurrentUser, invitation_id: UUID) -> None:
        """The link is worth nothing from now on. Revoking twice is no error. Raises `InvitationNotFound`."""
        async with self._transactions.begin() as db:
            own = select(Invitation).where(Invitation.id == invitation_id, Invitation.organisation_id == user.organisation_id)
            row = await db.scalar(own.with_for_update())
            if row is None:
                raise InvitationNotFound(details={"invitation_id": str(invitation_id)})
            if row.used_at is None and row.revoked_at is None:
                row.revoked_at = utc_now()
                _audit(db, user.organisation_id, user.id, "invitation.revoked", row.id)

    async def look(self, token: str) -> InvitedTo:
        """Raises `InvitationInvalid`, `InvitationUsed`."""
        async with self._transactions() as db:
            row = await _find(db, token)
            organisation = await db.scalar(select(Organisation.name).where(Organisation.id == row.organisation_id))
        return InvitedTo(organisation or "", cast("Role", row.role), row.expires_at)

    async def accept(self, token: str, *, login: str, display_name: str, password: str) -> CurrentUser:
        """The account of whoever has the link, with the role that stands in it. A refusal leaves the invitation as it was.

        Raises `InvitationInvalid`, `InvitationUsed`, `InvalidUser`, `LoginTaken`.
        """
        async with self._transactions() as db:
            # before the password is hashed, which costs something
            role = cast("Role", (await _find(db, token)).role)
        ready = await self._accounts.prepare_user(NewUser(login, display_name, role, password))
        async with self._transactions.begin() as db:
            row = await _find(db, token, for_update=True)
            grant = Grant(cast("Role", row.role), row.ward_code, row.session_id)
            user = await add_user(db, row.organisation_id, ready, created_by=row.created_by, grant=grant)
            await db.execute(update(Invitation).where(Invitation.id == row.id).values(used_at=utc_now(), used_by=user.id))
            _audit(db, row.organisation_id, user.id, "invitation.accepted", row.id)
        return user

    def _token_of(self, invitation_id: UUID) -> str:
        made = hmac.digest(self._key, invitation_id.bytes, "sha256")
        return _PREFIX + base64.urlsafe_b64encode(made).rstrip(b"=").decode()


async def _find(db: AsyncSession, token: str, *, for_update: bool = False) -> Invitation:
    found = select(Invitation).where(Invitation.token_digest == token_digest(token))
    row = await db.scalar(found.with_for_update() if for_update else found)
    if row is None or row.revoked_at is not None or (row.used_at is None and row.expires_at <= utc_now()):
        raise InvitationInvalid
    if row.used_at is not None:
        raise InvitationUsed
    return row


async def _open(db: AsyncSession, organisation_id: UUID) -> list[Invitation]:
    of_organisation = Invitation.organisation_id == organisation_id, Invitation.used_at.is_(None), Invitation.revoked_at.is_(None)
    found = select(Invitation).where(*of_organisation, Invitation.expires_at > utc_now()).order_by(Invitation.created_at.desc())
    return list(await db.scalars(found.limit(OPEN_INVITATIONS)))


def _view(row: Invitation) -> OpenInvitation:
    return OpenInvitation(row.id, Grant(cast("Role", row.role), row.ward_code, row.session_id), row.note, row.created_at, row.expires_at)


def _audit(
    db: AsyncSession, organisation_id: UUID, user_id: UUID, action: str, subject_id: UUID, details: dict[str, object] | None = None
) -> None:
    record_audit(db, organisation_id=organisation_id, user_id=user_id, action=action, subject_id=subject_id, details=details)
