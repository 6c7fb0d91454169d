"""The whole service in the test's event loop, without a web server before it: requests go straight into the ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from fastapi import FastAPI

from app.main import create_app
from app.settings import load_settings


@asynccontextmanager
async def whole_service(postgres_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[FastAPI]:
    settings = load_settings(
        database_url=postgres_url, redis_url=redis_url, redis_prefix=redis_prefix, secret_key="k" * 40, drain_seconds=0.1
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


def a_client(app: FastAPI) -> httpx2.AsyncClient:
    """A browser that has not been here yet."""
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://cho.test", verify=False)
