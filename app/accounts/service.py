"""Who is this: organisations, their users, signing in and out. The only door of the package besides `access` and `audit`."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID, uuid4

import structlog
from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.current_user import CurrentUser, require
from app.accounts.errors import InvalidUser, LoginFailed, LoginTaken, OrganisationNotFound, SecondFactorNeeded
from app.accounts.intentions import PURGE_INTENTIONS
from app.accounts.login_limits import LoginLimits, Sleep
from app.accounts.models import ApiToken, Organisation, RoleGrant, SignIn, User
from app.accounts.passwords import Passwords
from app.accounts.permissions import Action, Grant, Role, main_role
from app.accounts.second_factor import SecondFactors, is_on
from app.infra.client_networks import masked_network
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.protocol.base import PERSON_NAME
from app.protocol.text import TextRefused

__all__ = [
    "SIGN_IN_LASTS",
    "AccountService",
    "CurrentUser",
    "NewUser",
    "ReadyUser",
    "SignedIn",
    "add_organisation",
    "add_user",
    "close_user",
    "normal_login",
    "require",
    "require_password_rules",
    "token_digest",
]

log = structlog.get_logger(__name__)

SIGN_IN_LASTS = timedelta(hours=12)
SIGN_INS_PER_USER = 50
PASSWORD_MIN_CHARACTERS = 10
PASSWORD_MAX_CHARACTERS = 256
# Asked with every request of staff: one statement, no transaction around it.
_SIGNED_IN = """
SELECT u.id, u.organisation_id, o.name AS organisation, u.login, u.display_name, g.role, g.ward_code, g.session_id
FROM sign_ins s JOIN users u ON u.id = s.user_id AND u.is_active JOIN organisations o ON o.id = u.organisation_id
JOIN role_grants g ON g.user_id = u.id AND g.organisation_id = u.organisation_id
WHERE s.token_digest = $1 AND s.expires_at > $2 ORDER BY g.granted_at, g.id
"""
_LOGIN_SHAPE = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,119}")
_TOKEN_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")
_TOKEN_BYTES = 32
_USE_NOTED_EVERY = timedelta(minutes=1)


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
        factors: SecondFactors | None = None,
        clock: Callable[[], datetime] = utc_now,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._transactions = database.transactions
        self._pool = database.pool
        self.limits = LoginLimits(redis, prefix=redis_prefix, sleep=sleep)
        self.passwords = Passwords()
        self._factors = factors
        self._clock = clock

    async def sign_in(  # noqa: PLR0913 - what a login knows of whoever asks
        self,
        login: str,
        password: str,
        *,
        address: str,
        code: str | None = None,
        device: str | None = None,
        replaces: str | None = None,
        browser: str = "",
    ) -> SignedIn:
        """Check the password, and the code where a second factor is on, and open a sign-in of 12 hours; the token in `replaces` stops working.

        `device` is what an earlier sign-in gave. Raises `LoginFailed` for whatever does not fit, `SecondFactorNeeded` and `SecondFactorWrong` once
        the password was right, `TooManyLogins` when too many wait, `Unavailable` in a flood of logins.
        """
        name = normal_login(login)
        async with self.limits.attempt(name, address, device):
            async with self._transactions() as db:
                row = (await db.execute(select(User.id, User.password_hash).where(User.login == name, User.is_active))).one_or_none()
            check = await self.passwords.check(password, row.password_hash if row else None)
            if row is None or not check.matches:
                log.info("login_failed", user_id=None if row is None else str(row.id))
                raise LoginFailed
            await self._require_code(row.id, code)
        async with self._transactions.begin() as db:
            # The password was checked outside of this transaction: the account must still stand as it did then.
            still = select(User.id).where(User.id == row.id, User.is_active, User.password_hash == row.password_hash).with_for_update()
            user = await _find_user(db, User.id == row.id) if await db.scalar(still) else None
            if user is None:
                raise LoginFailed
            if check.new_hash is not None:
                await db.execute(update(User).where(User.id == row.id).values(password_hash=check.new_hash))
            if replaces is not None:
                await db.execute(delete(SignIn).where(SignIn.token_digest == token_digest(replaces)))
            signed_in = await self.open_sign_in(db, user, address=address, device=device, browser=browser)
            record_audit(db, organisation_id=user.organisation_id, user_id=user.id, action="user.signed_in")
        await self.forgive(name, address, signed_in.device)
        return signed_in

    async def open_sign_in(self, db: AsyncSession, user: CurrentUser, *, address: str, device: str | None, browser: str) -> SignedIn:
        """A new token for somebody who has shown who they are, in the open transaction; their oldest sign-ins end beyond 50."""
        token, now = secrets.token_urlsafe(_TOKEN_BYTES), self._clock()
        signed_in = SignedIn(token, user, now + SIGN_IN_LASTS, device or secrets.token_urlsafe(_TOKEN_BYTES))
        db.add(
            SignIn(
                token_digest=token_digest(token),
                user_id=user.id,
                created_at=now,
                expires_at=signed_in.expires_at,
                browser=browser,
                network=masked_network(address),
            )
        )
        await db.flush()
        await _drop_oldest_sign_ins(db, user.id)
        return signed_in

    async def forgive(self, login: str, address: str, device: str | None) -> None:
        """The attempt was right: what failed before it is forgotten."""
        if device is not None:
            await self.limits.succeeded(login, address, device)

    async def _require_code(self, user_id: UUID, code: str | None) -> None:
        async with self._transactions.begin() as db:
            if not await is_on(db, user_id):
                return
            if code is None or self._factors is None:
                raise SecondFactorNeeded
            await self._factors.check(db, user_id, code)

    async def user_for_token(self, token: str) -> CurrentUser | None:
        """The user behind a cookie's token; None when it is unknown, expired, signed out, or the account is closed."""
        if not _TOKEN_SHAPE.fullmatch(token):
            return None
        rows = await self._pool.fetch(_SIGNED_IN, token_digest(token), self._clock())
        if not rows:
            return None
        grants = tuple(Grant(row["role"], row["ward_code"], row["session_id"]) for row in rows)
        row = rows[0]
        return CurrentUser(
            row["id"], row["organisation_id"], row["organisation"], row["login"], row["display_name"], main_role(grants), grants
        )

    async def user_for_api_token(self, token: str) -> CurrentUser | None:
        """The owner of a token for scripts, limited to what it is for; None when it is unknown, expired, ended, or the account is closed."""
        digest = token_digest(token)
        user = (await self.users_by_digest([digest])).get(digest)
        if user is not None:
            now = self._clock()
            used = ApiToken.token_digest == digest, or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at < now - _USE_NOTED_EVERY)
            async with self._transactions.begin() as db:
                await db.execute(update(ApiToken).where(*used).values(last_used_at=now))
        return user

    async def users_by_digest(self, digests: Collection[bytes]) -> dict[bytes, CurrentUser]:
        """The people behind these digests of tokens, of sign-ins and of scripts."""
        signed_in = select(SignIn.token_digest, SignIn.user_id).where(SignIn.token_digest.in_(digests), SignIn.expires_at > self._clock())
        scripts = select(ApiToken.token_digest, ApiToken.user_id, ApiToken.actions).where(
            ApiToken.token_digest.in_(digests), ApiToken.expires_at > self._clock(), ApiToken.revoked_at.is_(None)
        )
        async with self._transactions() as db:
            owners = {row.token_digest: row.user_id for row in await db.execute(signed_in)}
            limits = {row.token_digest: (row.user_id, _actions(row.actions)) for row in await db.execute(scripts)}
            users = await _find_users(
                db, User.is_active.is_(True), User.id.in_({*owners.values(), *(owner for owner, _ in limits.values())})
            )
        found = {digest: users[user_id] for digest, user_id in owners.items() if user_id in users}
        return found | {digest: replace(users[user_id], only=only) for digest, (user_id, only) in limits.items() if user_id in users}

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
        async with self._transactions.begin() as db:
            return await add_organisation(db, name)

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
        return ReadyUser(uuid4(), name, display_name, new.role, await self.passwords.hash(new.password))

    async def purge_expired(self) -> None:
        """Delete sign-ins that are over, and keys of commands of long ago. For `app.infra.tasks.repeat`, every hour or so; several nodes may run it at once."""
        async with self._transactions.begin() as db:
            await db.execute(delete(SignIn).where(SignIn.expires_at <= self._clock()))
            await db.execute(PURGE_INTENTIONS)


async def add_organisation(db: AsyncSession, name: str) -> UUID:
    """Add an organisation in the open transaction; its id."""
    organisation_id = uuid4()
    db.add(Organisation(id=organisation_id, name=name))
    await db.flush()
    record_audit(db, organisation_id=organisation_id, user_id=None, action="organisation.created", details={"name": name})
    return organisation_id


async def add_user(
    db: AsyncSession, organisation_id: UUID, ready: ReadyUser, *, created_by: UUID | None, grant: Grant | None = None
) -> CurrentUser:
    """Add a user in the open transaction, with the role everywhere or as `grant` says. Raises `LoginTaken`, `OrganisationNotFound`."""
    grant = grant or Grant(ready.role)
    organisation = await db.get(Organisation, organisation_id)
    if organisation is None:
        raise OrganisationNotFound
    row = {"organisation_id": organisation_id, "login": ready.login, "display_name": ready.display_name, "role": ready.role}
    created = insert(User).values(id=ready.id, password_hash=ready.password_hash, **row)
    user_id = await db.scalar(created.on_conflict_do_nothing(index_elements=[User.login]).returning(User.id))
    if user_id is None:
        raise LoginTaken
    scope = {"role": grant.role, "ward_code": grant.ward_code, "session_id": grant.session_id}
    await db.execute(insert(RoleGrant).values(id=uuid4(), user_id=user_id, organisation_id=organisation_id, granted_by=created_by, **scope))
    details = {"login": ready.login, "role": ready.role}
    record_audit(db, organisation_id=organisation_id, user_id=created_by, action="user.created", subject_id=user_id, details=details)
    return CurrentUser(user_id, organisation_id, organisation.name, ready.login, ready.display_name, ready.role, (grant,))


async def close_user(db: AsyncSession, organisation_id: UUID, user_id: UUID, *, closed_by: UUID) -> None:
    """Close an account of the organisation in the open transaction: no more sign-ins, and those that are open end. Closing twice is no error."""
    of_organisation = (User.id == user_id, User.organisation_id == organisation_id, User.is_active)
    closed = await db.scalar(update(User).where(*of_organisation).values(is_active=False).returning(User.id))
    if closed is not None:
        await db.execute(delete(SignIn).where(SignIn.user_id == user_id))
        await db.execute(update(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None)).values(revoked_at=utc_now()))
        record_audit(db, organisation_id=organisation_id, user_id=closed_by, action="user.closed", subject_id=user_id)


def require_password_rules(password: str) -> None:
    """Raises `InvalidUser`."""
    if not PASSWORD_MIN_CHARACTERS <= len(password) <= PASSWORD_MAX_CHARACTERS:
        rule = f"A password has {PASSWORD_MIN_CHARACTERS} to {PASSWORD_MAX_CHARACTERS} characters."
        raise InvalidUser(rule, details={"field": "password"})


def _actions(names: Collection[str]) -> frozenset[Action]:
    """What a token is for; an action that there is no more is nothing."""
    return frozenset(Action(name) for name in names if name in set(Action))


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
    require_password_rules(new.password)
    try:
        display_name = PERSON_NAME.checked(new.display_name)
    except TextRefused as error:
        rule = f"A display name has 1 to {PERSON_NAME.most} characters, among them a letter."
        raise InvalidUser(rule, details={"field": "display_name"}) from error
    return name, display_name
