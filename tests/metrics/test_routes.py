"""Statistics over HTTP: for staff of the organisation only; definitions for everybody."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import text

from app.metrics import routes
from app.settings import load_settings
from tests.accounts.builders import SmallApp, a_user, small_app
from tests.metrics.builders import Room, a_delta, devices


def the_app(room: Room) -> SmallApp:
    small = small_app(load_settings(redis_prefix=room.prefix), room.database, room.redis)
    small.also(room.metrics)
    small.app.include_router(routes.router)
    return small


async def staff_of(room: Room, small: SmallApp, login: str) -> None:
    """A new user moves into the session's organisation."""
    user = await a_user(small.accounts, login)
    async with room.database.transactions.begin() as db:
        for table, key in (("users", "id"), ("role_grants", "user_id")):
            await db.execute(
                text(f"UPDATE {table} SET organisation_id = :organisation WHERE {key} = :id"),  # noqa: S608 - our own names
                {"organisation": room.market.organisation_id, "id": user.id},
            )


async def test_staff_read_the_statistics_of_their_session(room: Room) -> None:
    small = the_app(room)
    await staff_of(room, small, "ban.mai")
    await room.flush(viewers=3, entered=devices(4))
    await room.metrics.apply(room.id, [a_delta(1, amount_vnd=129_000)])

    async with small.signed_in("ban.mai") as client:
        answer = await client.get(f"/api/v1/sessions/{room.id}/stats")

    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert (body["totals"]["views"], body["totals"]["viewers_now"], body["totals"]["revenue_placed_vnd"]) == (4, 3, 129_000)
    assert body["derived"]["revenue_placed_per_1000_views_vnd"] == 32_250_000
    assert body["figures_are"] == "live"


async def test_others_are_told_that_there_are_no_statistics(room: Room) -> None:
    small = the_app(room)
    await a_user(small.accounts, "nguoi.khac", organisation="Đơn vị khác")

    async with small.signed_in("nguoi.khac") as client:
        foreign = await client.get(f"/api/v1/sessions/{room.id}/stats")
        unknown = await client.get(f"/api/v1/sessions/{uuid4()}/stats")
        malformed = await client.get("/api/v1/sessions/abc/stats")

    assert (foreign.status_code, foreign.json()["code"]) == (404, "statistics_not_found")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "statistics_not_found")
    assert (malformed.status_code, malformed.json()["code"]) == (422, "malformed")


async def test_statistics_need_a_login_and_definitions_do_not(room: Room) -> None:
    small = the_app(room)

    async with small.browser() as client:
        stats = await client.get(f"/api/v1/sessions/{room.id}/stats")
        definitions = await client.get("/api/v1/metrics/definitions")

    assert (stats.status_code, stats.json()["code"]) == (401, "not_signed_in")
    assert definitions.status_code == 200
    assert "viewers_average" in {definition["name"] for definition in definitions.json()}
