"""Organisations and logins made at the command line, where there is no demo market to bring them. Called by `app/cli.py`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import select

from app.accounts.errors import OrganisationNotFound
from app.accounts.models import Organisation
from app.accounts.service import AccountService, CurrentUser, NewUser
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
