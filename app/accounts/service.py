"""Who is this: organisations, their users, signing in and out. The only door of the package besides `access` and `audit`."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID, uuid4

import structlog
from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.errors import InvalidUser, LoginFailed, LoginTaken, OrganisationNotFound, OrganiserOnly
from app.accounts.intentions import PURGE_INTENTIONS
from app.accounts.login_limits import LoginLimits, Sleep
from app.accounts.models import Organisation, RoleGrant, SignIn, User
from app.accounts.passwords import Passwords
from app.accounts.permissions import RULES, Action, Grant, Place, Reach, Role, Scope, grant_allows, main_role
from app.errors import Forbidden
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.protocol.base import PERSON_NAME
from app.protocol.text import TextRefused

log = structlog.get_logger(__name__)

SIGN_IN_LASTS = timedelta(hours=12)
SIGN_INS_PER_USER = 50
PASSWORD_MIN_CHARACTERS = 10
PASSWORD_MAX_CHARACTERS = 256
_LOGIN_SHAPE = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,119}")
_TOKEN_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class CurrentUser:
    """A user as routes and services see them."""

    id: UUID
    organisation_id: UUID
    organisation_name: str
    login: str
    display_name: str
    # the weightiest of theirs; without grants they have it in the whole organisation
    role: Role
    grants: tuple[Grant, ...] = ()
    # what a token limits them to
    only: frozenset[Action] | None = None

    def may(self, action: Action) -> bool:
        """Whether they may do it anywhere at all."""
        return bool(self.grants_for(action))

    def may_everywhere(self, action: Action) -> bool:
        """Whether they may do it in the whole organisation, not only to what is their own."""
        found = self.grants_for(action)
        return any(grant.scope is Scope.ORGANISATION and RULES[action].of(grant.role) is Reach.ALL for grant in found)

    def may_at(self, action: Action, place: Place) -> bool:
        """Whether they may do it to this session of their organisation."""
        return any(grant_allows(grant, action, self.id, place) for grant in self.grants_for(action))

    def grants_for(self, action: Action) -> tuple[Grant, ...]:
        """Those of their grants that count for the action."""
        if self.only is not None and action not in self.only:
            return ()
        return tuple(grant for grant in self.grants or (Grant(self.role),) if grant.counts_for(action))


def require(user: CurrentUser, action: Action) -> None:
    """Raises `OrganiserOnly`, `Forbidden` when none of their roles allows it anywhere."""
    if not user.may(action):
        raise OrganiserOnly if RULES[action].roles == ("organiser",) else Forbidden


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh sign-in. `token` exists only here and in the browser's cookie."""

    token: str
    user: CurrentUser
    expires_at: datetime
    # what the browser keeps to be known the next time; alone it opens nothing
    device: str


@dataclass(frozen=True, slots=True)
class NewUser:
    """Particulars of a user to be created. `login` is kept in lower case."""

    login: str
    display_name: str
    role: Role
    password: str


@dataclass(frozen=True, slots=True)
class ReadyUser:
    """A user about to be added. The password exists as a hash only."""

    id: UUID
    login: str
    display_name: str
    role: Role
    password_hash: str


class AccountService:
    """Organisations, users and sign-ins. Every change leaves an audit entry in its own transaction."""

    def __init__(
        self,
        database: Database,
        redis: RedisClients,
        *,
        redis_prefix: str,
        clock: Callable[[], datetime] = utc_now,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._transactions = database.transactions
        self._limits = LoginLimits(redis, prefix=redis_prefix, sleep=sleep)
        self._passwords = Passwords()
        self._clock = clock

    async def sign_in(self, login: str, password: str, *, address: str, device: str | None = None, replaces: str | None = None) -> SignedIn:
        """Check the password and open a sign-in of 12 hours under a new token; the token in `replaces` stops working.

        `device` is what an earlier sign-in gave. Raises `LoginFailed` for whatever does not fit, `TooManyLogins` when too many wait, `Unavailable` in a flood of logins.
        """
        name = normal_login(login)
        async with self._limits.attempt(name, address, device):
            async with self._transactions() as db:
                row = (await db.execute(select(User.id, User.password_hash).where(User.login == name, User.is_active))).one_or_none()
            check = await self._passwords.check(password, row.password_hash if row else None)
        if row is None or not check.matches:
            log.info("login_failed", user_id=None if row is None else str(row.id))
            raise LoginFailed
        signed_in = await self._open_sign_in(
            row.id, row.password_hash, check.new_hash, replaces, device or secrets.token_urlsafe(_TOKEN_BYTES)
        )
        await self._limits.succeeded(name, address, signed_in.device)
        return signed_in

    async def user_for_token(self, token: str) -> CurrentUser | None:
        """The user behind a cookie's token; None when it is unknown, expired, signed out, or the account is closed."""
        if not _TOKEN_SHAPE.fullmatch(token):
            return None
        async with self._transactions() as db:
            return await _find_user(
                db,
                User.is_active.is_(True),
                User.id.in_(select(SignIn.user_id).where(SignIn.token_digest == token_digest(token), SignIn.expires_at > self._clock())),
            )

    async def users_by_digest(self, digests: Collection[bytes]) -> dict[bytes, CurrentUser]:
        """The people behind these digests of tokens, as `user_for_token` finds each."""
        signed_in = select(SignIn.token_digest, SignIn.user_id).where(SignIn.token_digest.in_(digests), SignIn.expires_at > self._clock())
        async with self._transactions() as db:
            owners = {row.token_digest: row.user_id for row in await db.execute(signed_in)}
            users = await _find_users(db, User.is_active.is_(True), User.id.in_(owners.values()))
        return {digest: users[user_id] for digest, user_id in owners.items() if user_id in users}

    async def find_user(self, login: str) -> CurrentUser | None:
        """The active user with this login, if there is one; for the seed and the command line."""
        async with self._transactions() as db:
            return await _find_user(db, User.is_active.is_(True), User.login == normal_login(login))

    async def sign_out(self, token: str) -> None:
        """End this sign-in at once. An unknown token is no error: the wish is fulfilled."""
        async with self._transactions.begin() as db:
            ended = select(User.id, User.organisation_id).join(SignIn, SignIn.user_id == User.id)
            row = (await db.execute(ended.where(SignIn.token_digest == token_digest(token)))).one_or_none()
            if row is not None:
                await db.execute(delete(SignIn).where(SignIn.token_digest == token_digest(token)))
                record_audit(db, organisation_id=row.organisation_id, user_id=row.id, action="user.signed_out")

    async def create_organisation(self, name: str) -> UUID:
        """A new organisation and its id."""
        organisation_id = uuid4()
        async with self._transactions.begin() as db:
            db.add(Organisation(id=organisation_id, name=name))
            await db.flush()
            record_audit(db, organisation_id=organisation_id, user_id=None, action="organisation.created", details={"name": name})
        return organisation_id

    async def create_user(self, organisation_id: UUID, new: NewUser, *, created_by: UUID | None = None) -> CurrentUser:
        """A new user of an organisation.

        Raises `InvalidUser` (names the field), `LoginTaken`, `OrganisationNotFound`.
        """
        ready = await self.prepare_user(new)
        async with self._transactions.begin() as db:
            return await add_user(db, organisation_id, ready, created_by=created_by)

    async def prepare_user(self, new: NewUser) -> ReadyUser:
        """A new user whose particulars keep the rules, with the password hashed: for `add_user` in the caller's own transaction.

        Raises `InvalidUser` (names the field).
        """
        name, display_name = _checked(new)
        return ReadyUser(uuid4(), name, display_name, new.role, await self._passwords.hash(new.password))

    async def purge_expired(self) -> None:
        """Delete sign-ins that are over, and keys of commands of long ago. For `app.infra.tasks.repeat`, every hour or so; several nodes may run it at once."""
        async with self._transactions.begin() as db:
            await db.execute(delete(SignIn).where(SignIn.expires_at <= self._clock()))
            await db.execute(PURGE_INTENTIONS)

    async def _open_sign_in(self, user_id: UUID, checked_hash: str, new_hash: str | None, replaces: str | None, device: str) -> SignedIn:
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        now = self._clock()
        async with self._transactions.begin() as db:
            # The password was checked outside of this transaction: the account must still stand as it did then.
            still = select(User.id).where(User.id == user_id, User.is_active, User.password_hash == checked_hash).with_for_update()
            user = await _find_user(db, User.id == user_id) if await db.scalar(still) else None
            if user is None:
                raise LoginFailed
            if new_hash is not None:
                await db.execute(update(User).where(User.id == user_id).values(password_hash=new_hash))
            if replaces is not None:
                await db.execute(delete(SignIn).where(SignIn.token_digest == token_digest(replaces)))
            expires_at = now + SIGN_IN_LASTS
            db.add(SignIn(token_digest=token_digest(token), user_id=user_id, created_at=now, expires_at=expires_at))
            await db.flush()
            await _drop_oldest_sign_ins(db, user_id)
            record_audit(db, organisation_id=user.organisation_id, user_id=user_id, action="user.signed_in")
        return SignedIn(token, user, expires_at, device)


async def add_user(db: AsyncSession, organisation_id: UUID, ready: ReadyUser, *, created_by: UUID | None) -> CurrentUser:
    """Add a user in the open transaction. Raises `LoginTaken`, `OrganisationNotFound`."""
    organisation = await db.get(Organisation, organisation_id)
    if organisation is None:
        raise OrganisationNotFound
    row = {"organisation_id": organisation_id, "login": ready.login, "display_name": ready.display_name, "role": ready.role}
    created = insert(User).values(id=ready.id, password_hash=ready.password_hash, **row)
    user_id = await db.scalar(created.on_conflict_do_nothing(index_elements=[User.login]).returning(User.id))
    if user_id is None:
        raise LoginTaken
    await db.execute(
        insert(RoleGrant).values(id=uuid4(), user_id=user_id, organisation_id=organisation_id, role=ready.role, granted_by=created_by)
    )
    details = {"login": ready.login, "role": ready.role}
    record_audit(db, organisation_id=organisation_id, user_id=created_by, action="user.created", subject_id=user_id, details=details)
    return CurrentUser(user_id, organisation_id, organisation.name, ready.login, ready.display_name, ready.role, (Grant(ready.role),))


async def close_user(db: AsyncSession, organisation_id: UUID, user_id: UUID, *, closed_by: UUID) -> None:
    """Close an account of the organisation in the open transaction: no more sign-ins, and those that are open end. Closing twice is no error."""
    of_organisation = (User.id == user_id, User.organisation_id == organisation_id, User.is_active)
    closed = await db.scalar(update(User).where(*of_organisation).values(is_active=False).returning(User.id))
    if closed is not None:
        await db.execute(delete(SignIn).where(SignIn.user_id == user_id))
        record_audit(db, organisation_id=organisation_id, user_id=closed_by, action="user.closed", subject_id=user_id)


def normal_login(login: str) -> str:
    """The one spelling under which a login is stored and counted. NUL, which PostgreSQL takes in no text, fits no login."""
    return unicodedata.normalize("NFKC", login).strip().casefold().replace("\0", "\ufffd")


def token_digest(token: str) -> bytes:
    """What is stored instead of a token: 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


async def _find_user(db: AsyncSession, *conditions: ColumnElement[bool]) -> CurrentUser | None:
    """One person with their roles; None also when they have none."""
    found = await _find_users(db, *conditions)
    return next(iter(found.values()), None)


async def _find_users(db: AsyncSession, *conditions: ColumnElement[bool]) -> dict[UUID, CurrentUser]:
    """People with their roles by id, without those who have none."""
    found = select(User, Organisation.name, RoleGrant).join(Organisation, Organisation.id == User.organisation_id)
    found = found.join(RoleGrant, and_(RoleGrant.user_id == User.id, RoleGrant.organisation_id == User.organisation_id))
    rows = (await db.execute(found.where(*conditions).order_by(RoleGrant.granted_at, RoleGrant.id))).all()
    grants: dict[UUID, list[Grant]] = {}
    for row in rows:
        grants.setdefault(row.User.id, []).append(
            Grant(cast("Role", row.RoleGrant.role), row.RoleGrant.ward_code, row.RoleGrant.session_id)
        )
    people = {row.User.id: (row.User, row.name) for row in rows}
    return {
        user.id: CurrentUser(
            user.id, user.organisation_id, organisation, user.login, user.display_name, main_role(grants[user.id]), tuple(grants[user.id])
        )
        for user, organisation in people.values()
    }


async def _drop_oldest_sign_ins(db: AsyncSession, user_id: UUID) -> None:
    """Nobody needs more than 50 browsers; beyond that the oldest sign-ins end."""
    kept = select(SignIn.token_digest).where(SignIn.user_id == user_id).order_by(SignIn.created_at.desc()).limit(SIGN_INS_PER_USER)
    await db.execute(delete(SignIn).where(SignIn.user_id == user_id, SignIn.token_digest.not_in(kept)))


def _checked(new: NewUser) -> tuple[str, str]:
    """The normal login and the cleaned name of a new user whose particulars keep the rules; raises `InvalidUser`."""
    name = normal_login(new.login)
    if not _LOGIN_SHAPE.fullmatch(name):
        raise InvalidUser("A login has 2 to 120 characters: a-z, 0-9 and . _ @ + -", details={"field": "login"})
    if not PASSWORD_MIN_CHARACTERS <= len(new.password) <= PASSWORD_MAX_CHARACTERS:
        rule = f"A password has {PASSWORD_MIN_CHARACTERS} to {PASSWORD_MAX_CHARACTERS} characters."
        raise InvalidUser(rule, details={"field": "password"})
    try:
        display_name = PERSON_NAME.checked(new.display_name)
    except TextRefused as error:
        rule = f"A display name has 1 to {PERSON_NAME.most} characters, among them a letter."
        raise InvalidUser(rule, details={"field": "display_name"}) from error
    return name, display_name
