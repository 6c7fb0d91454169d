"""People, stores and a small application for the tests of accounts and catalogue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from fastapi import FastAPI
from sqlalchemy import text

from app.accounts import routes as account_routes
from app.accounts.origin_guard import OriginGuard
from app.accounts.security_headers import SecurityHeaders
from app.accounts.service import AccountService, CurrentUser
from app.catalog import login_routes, picture_routes, sheet_routes
from app.catalog import routes as catalog_routes
from app.catalog.importing import GoodsImport
from app.catalog.picture_files import DatabasePictureFiles
from app.catalog.pictures import PictureService
from app.catalog.producer_logins import ProducerLogins
from app.catalog.service import CatalogService
from app.infra.database import Database
from app.infra.problem_handlers import add_problem_handlers
from app.infra.provided import provide
from app.infra.redis_client import RedisClients
from app.settings import Settings
from tests.people import PASSWORD, a_user_of

ADDRESS = "203.0.113.7"


class Clock:
    """A wall clock that the test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


class Delays:
    """Stands in for sleeping: notes how long each task's last attempt was to wait, and lets it pass when the test says so."""

    def __init__(self) -> None:
        self.seconds: dict[asyncio.Task[Any] | None, float] = {}
        self.may_pass = asyncio.Event()
        self.may_pass.set()

    async def __call__(self, seconds: float) -> None:
        self.seconds[asyncio.current_task()] = seconds
        if seconds > 0:
            await self.may_pass.wait()


async def a_user(
    accounts: AccountService, login: str = "ban.mai", *, role: Any = "organiser", organisation: str = "Chợ phiên OCOP Hà Tĩnh"
) -> CurrentUser:
    """A user of a new organisation."""
    organisation_id = await accounts.create_organisation(organisation)
    return await a_user_of(accounts, organisation_id, login=login, name="Trần Thị Ban Mai", role=role)


async def rows(database: Database, query: str, **values: object) -> list[Any]:
    async with database.transactions() as db:
        return list((await db.execute(text(query), values)).mappings())


async def run(database: Database, statement: str, **values: object) -> None:
    async with database.transactions.begin() as db:
        await db.execute(text(statement), values)


@dataclass(frozen=True)
class SmallApp:
    """The routes of both packages with their middlewares, over real stores."""

    app: FastAPI
    accounts: AccountService
    catalog: CatalogService
    pictures: PictureService
    logins: ProducerLogins
    goods_import: GoodsImport
    settings: Settings

    def also(self, *services: object) -> None:
        """Serve with these, too."""
        provide(self.app, self.settings, self.accounts, self.catalog, self.pictures, self.logins, self.goods_import, *services)

    @asynccontextmanager
    async def browser(self, *, base_url: str = "http://cho.test", address: str = ADDRESS) -> AsyncIterator[httpx2.AsyncClient]:
        """A client that keeps cookies and calls from a page of the service itself."""
        transport = httpx2.ASGITransport(app=self.app, client=(address, 50_000))
        async with httpx2.AsyncClient(
            transport=transport, base_url=base_url, headers={"origin": base_url}, timeout=30, verify=False
        ) as client:
            yield client

    @asynccontextmanager
    async def signed_in(self, login: str) -> AsyncIterator[httpx2.AsyncClient]:
        async with self.browser() as client:
            answer = await client.post("/api/v1/login", json={"login": login, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            yield client


def small_app(settings: Settings, database: Database, redis: RedisClients) -> SmallApp:
    app = FastAPI()
    accounts = AccountService(database, redis, redis_prefix=settings.redis_prefix)
    catalog = CatalogService(database)
    app.include_router(account_routes.router)
    for router in (catalog_routes.router, picture_routes.router, login_routes.router, sheet_routes.router):
        app.include_router(router)
    app.add_middleware(OriginGuard, allowed=settings.allowed_origins)
    app.add_middleware(SecurityHeaders, https_only=settings.cookies_are_secure)

    add_problem_handlers(app)
    small = SmallApp(
        app,
        accounts,
        catalog,
        PictureService(database, DatabasePictureFiles(database)),
        ProducerLogins(database, accounts),
        GoodsImport(database, catalog),
        settings,
    )
    small.also()
    return small
