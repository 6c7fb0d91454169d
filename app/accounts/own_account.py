"""What people do with their own account: change the password, look through their sign-ins and end them, use a second factor."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.current_user import CurrentUser
from app.accounts.errors import PasswordWrong, SignInNotFound
from app.accounts.models import SignIn, User
from app.accounts.second_factor import Enrolment, SecondFactors, forget, is_on
from app.accounts.service import AccountService, SignedIn, require_password_rules
from app.infra.clock import utc_now
from app.infra.database import Database


@dataclass(frozen=True, slots=True)
class Asking:
    """From where somebody asks: the digest of what they came in with, address, and what the browser remembers of an earlier success."""

    digest: bytes
    address: str
    device: str | None
    browser: str


@dataclass(frozen=True, slots=True)
class OwnSignIn:
    """A signed-in browser as its owner sees it. `network` is where it came from, its last part left out."""

    id: UUID
    browser: str
    network: str
    created_at: datetime
    expires_at: datetime
    is_current: bool


class OwnAccount:
    """Guesses of a password or code are slowed down as at the sign-in (`login_limits.py`), and by the same counts."""

    def __init__(self, database: Database, accounts: AccountService, factors: SecondFactors) -> None:
        self._transactions = database.transactions
        self._accounts = accounts
        self._factors = factors

    async def change_password(self, user: CurrentUser, asking: Asking, *, current: str, new: str) -> SignedIn:
        """A new password and a new sign-in for this browser; all others end. Raises `PasswordWrong`, `InvalidUser`, `TooManyLogins`."""
        require_password_rules(new)
        checked_hash = await self._confirm(user, asking, current)
        new_hash = await self._accounts.passwords.hash(new)
        async with self._transactions.begin() as db:
            still = update(User).where(User.id == user.id, User.is_active, User.password_hash == checked_hash)
            if await db.scalar(still.values(password_hash=new_hash).returning(User.id)) is None:
                raise PasswordWrong
            await db.execute(delete(SignIn).where(SignIn.user_id == user.id))
            _audit(db, user, "user.password_changed")
            return await self._accounts.open_sign_in(db, user, address=asking.address, device=asking.device, browser=asking.browser)

    async def sign_ins(self, user: CurrentUser, asking: Asking) -> Sequence[OwnSignIn]:
        """The browsers that are signed in now, the newest first."""
        async with self._transactions() as db:
            rows = await db.scalars(_open(user).order_by(SignIn.created_at.desc()))
            return [
                OwnSignIn(
                    id=_public_id(row.token_digest),
                    browser=row.browser or "",
                    network=row.network or "",
                    created_at=row.created_at,
                    expires_at=row.expires_at,
                    is_current=row.token_digest == asking.digest,
                )
                for row in rows
            ]

    async def end_sign_in(self, user: CurrentUser, sign_in_id: UUID) -> None:
        """That browser is signed out, and its sockets close within a second. Raises `SignInNotFound`."""
        async with self._transactions.begin() as db:
            digests = [row.token_digest for row in await db.scalars(_open(user)) if _public_id(row.token_digest) == sign_in_id]
            if not digests:
                raise SignInNotFound(details={"sign_in_id": str(sign_in_id)})
            await db.execute(delete(SignIn).where(SignIn.token_digest.in_(digests)))
            _audit(db, user, "user.sign_in_ended", {"sign_in_id": str(sign_in_id)})

    async def end_others(self, user: CurrentUser, asking: Asking) -> None:
        """Every browser but this one is signed out."""
        async with self._transactions.begin() as db:
            await db.execute(delete(SignIn).where(SignIn.user_id == user.id, SignIn.token_digest != asking.digest))
            _audit(db, user, "user.other_sign_ins_ended")

    async def has_second_factor(self, user: CurrentUser) -> bool:
        async with self._transactions() as db:
            return await is_on(db, user.id)

    async def begin_second_factor(self, user: CurrentUser, asking: Asking, password: str) -> Enrolment:
        """What the phone's app is told. Raises `PasswordWrong`, `SecondFactorOn`, `TooManyLogins`."""
        await self._confirm(user, asking, password)
        async with self._transactions.begin() as db:
            return await self._factors.begin(db, user.id, user.login)

    async def confirm_second_factor(self, user: CurrentUser, asking: Asking, code: str) -> None:
        """Signing in needs a code from now on. Raises `SecondFactorNotBegun`, `SecondFactorOn`, `SecondFactorWrong`, `TooManyLogins`."""
        async with self._accounts.limits.attempt(user.login, asking.address, asking.device), self._transactions.begin() as db:
            await self._factors.confirm(db, user.id, code)
            _audit(db, user, "user.second_factor_added")
        await self._accounts.forgive(user.login, asking.address, asking.device)

    async def drop_second_factor(self, user: CurrentUser, asking: Asking, password: str) -> None:
        """The password alone signs in again. Dropping what is not there is no error. Raises `PasswordWrong`, `TooManyLogins`."""
        await self._confirm(user, asking, password)
        async with self._transactions.begin() as db:
            if await forget(db, user.id):
                _audit(db, user, "user.second_factor_dropped")

    async def _confirm(self, user: CurrentUser, asking: Asking, password: str) -> str:
        """The hash that fits the password."""
        async with self._accounts.limits.attempt(user.login, asking.address, asking.device):
            async with self._transactions() as db:
                known = await db.scalar(select(User.password_hash).where(User.id == user.id, User.is_active))
            check = await self._accounts.passwords.check(password, known)
        if known is None or not check.matches:
            raise PasswordWrong
        await self._accounts.forgive(user.login, asking.address, asking.device)
        return known


def _open(user: CurrentUser) -> Select[SignIn]:
    return select(SignIn).where(SignIn.user_id == user.id, SignIn.expires_at > utc_now())


def _public_id(digest: bytes) -> UUID:
    """What a sign-in is called: it tells nothing of its digest."""
    return UUID(bytes=hashlib.sha256(b"sign-in\0" + digest).digest()[:16])


def _audit(db: AsyncSession, user: CurrentUser, action: str, details: dict[str, object] | None = None) -> None:
    record_audit(db, organisation_id=user.organisation_id, user_id=user.id, action=action, subject_id=user.id, details=details)
