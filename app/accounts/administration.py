"""Organisations and logins made at the command line, where there is no demo market to bring them. Called by `app/cli.py`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import select

from app.accounts.audit import record_audit
from app.accounts.errors import OrganisationNotFound
from app.accounts.models import Organisation
from app.accounts.second_factor import forget
from app.accounts.service import AccountService, CurrentUser, NewUser, add_organisation, add_user
from app.infra.database import Database, open_database
from app.infra.redis_client import open_redis
from app.infra.startup import StartupError
from app.settings import Settings

NAME_MAX_CHARACTERS = 160


def create_organisation(settings: Settings, name: str) -> UUID:
    """A new organisation and its id. Blocks. Raises `StartupError` when the name is empty, too long, or there already."""
    return asyncio.run(_create_organisation(settings, " ".join(name.split())))


def create_user(settings: Settings, organisation: str, new: NewUser) -> CurrentUser:
    """A new login of an organisation, which is given by id or by name. Blocks.

    Raises `InvalidUser`, `LoginTaken`, `OrganisationNotFound`, and `StartupError` when several organisations have that name.
    """
    return asyncio.run(_create_user(settings, organisation, new))


def create_admin(settings: Settings, organisation: str, login: str, name: str, password: str) -> CurrentUser:
    """The first organiser of an organisation, which is made when there is none of that name. Blocks.

    Raises `InvalidUser`, `LoginTaken`, and `StartupError` when the name is empty or too long, or several organisations have it.
    """
    return asyncio.run(_create_admin(settings, " ".join(organisation.split()), NewUser(login, name, "organiser", password)))


def forget_second_factor(settings: Settings, login: str) -> bool:
    """Let somebody sign in without their phone; whether there was a second factor. Blocks. Raises `StartupError` for an unknown login."""
    return asyncio.run(_forget_second_factor(settings, login))


async def _create_admin(settings: Settings, organisation: str, new: NewUser) -> CurrentUser:
    if not 0 < len(organisation) <= NAME_MAX_CHARACTERS:
        raise StartupError(f"The name of an organisation has 1 to {NAME_MAX_CHARACTERS} characters.")
    async with _accounts(settings) as (database, accounts):
        # Before anything is written: a login that cannot be made shall leave no empty organisation.
        ready = await accounts.prepare_user(new)
        known = await _ids_of(database, organisation)
        if len(known) > 1:
            raise StartupError(f"Several organisations have this name; use `ocop create-user` with the id: {', '.join(map(str, known))}")
        async with database.transactions.begin() as db:
            organisation_id = known[0] if known else await add_organisation(db, organisation)
            return await add_user(db, organisation_id, ready, created_by=None)


async def _forget_second_factor(settings: Settings, login: str) -> bool:
    async with _accounts(settings) as (database, accounts):
        user = await accounts.find_user(login)
        if user is None:
            raise StartupError("There is no active account with this login.")
        async with database.transactions.begin() as db:
            was_on = await forget(db, user.id)
            if was_on:
                action = "user.second_factor_forgotten"
                record_audit(db, organisation_id=user.organisation_id, user_id=None, action=action, subject_id=user.id)
        return was_on


async def _create_organisation(settings: Settings, name: str) -> UUID:
    if not 0 < len(name) <= NAME_MAX_CHARACTERS:
        raise StartupError(f"The name of an organisation has 1 to {NAME_MAX_CHARACTERS} characters.")
    async with _accounts(settings) as (database, accounts):
        if known := await _ids_of(database, name):
            raise StartupError(f"There is an organisation of this name already: {known[0]}")
        return await accounts.create_organisation(name)


async def _create_user(settings: Settings, organisation: str, new: NewUser) -> CurrentUser:
    async with _accounts(settings) as (database, accounts):
        return await accounts.create_user(await _the_organisation(database, organisation), new)


@asynccontextmanager
async def _accounts(settings: Settings) -> AsyncIterator[tuple[Database, AccountService]]:
    if settings.database_url is None or settings.redis_url is None:
        raise StartupError("Accounts need DATABASE_URL and REDIS_URL.")
    async with (
        open_database(settings.database_url.get_secret_value(), settings.database) as database,
        open_redis(settings.redis_url.get_secret_value()) as redis,
    ):
        yield database, AccountService(database, redis, redis_prefix=settings.redis_prefix)


async def _the_organisation(database: Database, id_or_name: str) -> UUID:
    try:
        return UUID(id_or_name)
    except ValueError:
        found = await _ids_of(database, " ".join(id_or_name.split()))
    if not found:
        raise OrganisationNotFound
    if len(found) > 1:
        raise StartupError(f"Several organisations have this name; give the id instead: {', '.join(map(str, found))}")
    return found[0]


async def _ids_of(database: Database, name: str) -> list[UUID]:
    async with database.transactions() as db:
        return list(await db.scalars(select(Organisation.id).where(Organisation.name == name).order_by(Organisation.created_at)))
