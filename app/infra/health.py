"""Whether this worker is alive, ready, and its counters for Prometheus. Open to everybody; they tell nothing about people."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path

import psutil
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from app.infra.counters import STORE_TAKES_WRITES
from app.infra.database import Database
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.provided import provided_by
from app.infra.redis_client import RedisClients
from app.settings import Settings

ANSWER_SECONDS = 1.5

router = APIRouter(tags=["operations"], dependencies=[OPEN_TO_EVERYBODY])


class Health(BaseModel):
    status: str


class Readiness(BaseModel):
    """`ready` only when every store takes writes; otherwise which does not, and why."""

    status: str
    stores: dict[str, str]


@router.get("/healthz", summary="Alive: the process answers")
async def healthz() -> Health:
    """Open to everybody."""
    return Health(status="alive")


@router.get("/readyz", summary="Ready: PostgreSQL and Redis take writes", response_model=Readiness, responses={503: {"model": Readiness}})
async def readyz(request: Request) -> Response:
    """Open to everybody. 503 names the store that does not take writes, and why."""
    found = await _refusals(request)
    is_ready = not any(found.values())
    body = Readiness(status="ready" if is_ready else "not ready", stores={name: why or "answers" for name, why in found.items()})
    return JSONResponse(body.model_dump(), 200 if is_ready else 503, headers={"cache-control": "no-store"})


@router.get("/metrics", summary="Counters of all workers of this machine for Prometheus", include_in_schema=False)
async def prometheus(request: Request) -> Response:
    """Open to everybody; a proxy keeps it from the outside. Each scrape asks the stores whether they take writes."""
    for store, why in (await _refusals(request)).items():
        STORE_TAKES_WRITES.labels(store).set(why is None)
    registry = REGISTRY
    if (folder := provided_by(request.app, Settings).metrics_folder) is not None:
        _forget_the_dead(folder)
        # the workers of one machine share one port: whichever is asked adds all of them up
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # prometheus-client leaves it untyped
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _forget_the_dead(folder: Path) -> None:
    """A worker that was killed has no open sockets and no waiting orders any more; what it counted stays counted."""
    for pid in {int(path.stem.rpartition("_")[2]) for path in folder.glob("gauge_live*_*.db")}:
        if not psutil.pid_exists(pid):
            mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]  # prometheus-client leaves it untyped


async def _refusals(request: Request) -> dict[str, str | None]:
    """Of each store why it does not take writes; None: it does."""
    prefix = provided_by(request.app, Settings).redis_prefix
    stores = {"postgresql": provided_by(request.app, Database).refusal(), "redis": provided_by(request.app, RedisClients).refusal(prefix)}
    return dict(zip(stores, await asyncio.gather(*map(_reason, stores.values())), strict=True))


async def _reason(refusal: Awaitable[str | None]) -> str | None:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await refusal
    except Exception:  # noqa: BLE001 - whatever it is, the store does not answer
        return "does not answer"
