"""Programmes over HTTP: once per intention, nothing sent twice, absurd input answered, a slow database named."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from app.infra.database import Database
from app.infra.limited_reading import ReadTookTooLong, reading_snapshot
from app.main import services_of
from tests.accounts.builders import a_user
from tests.people import PASSWORD
from tests.whole_service import a_client, whole_service

CONTENT = {"name": "Tháng hàng Việt", "first_day": "2026-11-01", "last_day": "2026-11-30", "takes": "all"}


async def test_what_is_known_already_is_not_sent_again(postgres_url: str, redis_url: str, redis_prefix: str) -> None:
    async with whole_service(postgres_url, redis_url, redis_prefix) as app, a_client(app) as client:
        user = await a_user(services_of(app).accounts)
        await client.post("/api/v1/login", json={"username": user.login, "password": PASSWORD})
        key = {"idempotency-key": str(uuid4())}
        made = [await client.post("/api/v1/programmes", json=CONTENT, headers=key) for _ in range(2)]
        path = f"/api/v1/programmes/{made[0].json()['id']}"
        for of in ("", "/sessions", "/leagues/commune", "/leagues/producer?order=kept_vnd"):
            first = await client.get(path + of)
            again = await client.get(path + of, headers={"if-none-match": f'"other", {first.headers["etag"]}'})
            assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        before = (await client.get(path)).headers["etag"]
        await client.put(path, json=CONTENT | {"name": "Tuần hàng Việt"})
        changed = await client.get(path, headers={"if-none-match": before})

    assert made[0].json()["id"] == made[1].json()["id"]
    assert (changed.status_code, changed.json()["programme"]["name"]) == (200, "Tuần hàng Việt")


async def test_absurd_input_is_answered(postgres_url: str, redis_url: str, redis_prefix: str) -> None:
    async with whole_service(postgres_url, redis_url, redis_prefix) as app, a_client(app) as client:
        user = await a_user(services_of(app).accounts)
        await client.post("/api/v1/login", json={"username": user.login, "password": PASSWORD})
        made = (await client.post("/api/v1/programmes", json=CONTENT)).json()["id"]
        answers = [
            await client.post("/api/v1/programmes", json=CONTENT | {"first_day": "0001-01-01"}),
            await client.post("/api/v1/programmes", json=CONTENT | {"name": "\u200b"}),
            await client.get("/api/v1/programmes?cursor=AAAA"),
            await client.get(f"/api/v1/programmes?cursor={'A' * 32}"),
            await client.get(f"/api/v1/programmes/{made}/sessions?cursor=____________________________________"),
            await client.get(f"/api/v1/programmes/{made}/leagues/planet"),
            await client.get(f"/api/v1/programmes/{made}/leagues/producer?order=net_vnd"),
            await client.get(f"/api/v1/programmes/{uuid4()}"),
            await client.get("/api/v1/comparison"),
            await client.get("/api/v1/comparison?" + "&".join(f"session={uuid4()}" for _ in range(60))),
            await client.put(f"/api/v1/programmes/{made}/chosen-sessions", json={"session_ids": [str(uuid4())]}),
        ]

    assert [answer.status_code for answer in answers] == [400, 422, 422, 200, 422, 422, 400, 404, 422, 422, 400]


async def test_a_statement_that_takes_too_long_has_a_name(database: Database) -> None:
    with pytest.raises(ReadTookTooLong) as refused:
        async with reading_snapshot(database, seconds=0.05) as snapshot:
            await snapshot.db.execute("SELECT pg_sleep(5)")

    assert refused.value.code == "read_took_too_long"
    assert refused.value.retryable


async def test_a_snapshot_changes_nothing_and_says_that_it_is_no_replica(database: Database) -> None:
    async with reading_snapshot(database) as snapshot:
        assert snapshot.lag_seconds is None
        assert snapshot.as_of.date() >= date(2026, 1, 1)
        assert await snapshot.db.fetchval("SHOW transaction_read_only") == "on"
