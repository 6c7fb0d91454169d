"""The doors of the whole service as `app.main` wires it."""

from __future__ import annotations

from app.main import services_of
from tests.accounts.builders import a_user
from tests.people import PASSWORD
from tests.whole_service import a_client, whole_service


async def test_staff_sign_in_and_reach_their_catalogue(postgres_url: str, redis_url: str, redis_prefix: str) -> None:
    async with whole_service(postgres_url, redis_url, redis_prefix) as app:
        user = await a_user(services_of(app).accounts)
        async with a_client(app) as client:
            closed = await client.get("/api/v1/products")
            await client.post("/api/v1/login", json={"username": user.login, "password": PASSWORD})
            opened = await client.get("/api/v1/products")

    assert (closed.status_code, closed.json()["code"]) == (401, "not_signed_in")
    assert (opened.status_code, opened.json()) == (200, {"items": [], "total": 0})


async def test_every_route_that_changes_something_refuses_foreign_pages(postgres_url: str, redis_url: str, redis_prefix: str) -> None:
    async with (
        whole_service(postgres_url, redis_url, redis_prefix) as app,
        a_client(app) as client,
    ):
        changing = [
            (method.upper(), path)
            for path, methods in app.openapi()["paths"].items()
            for method in methods
            if method in {"post", "put", "patch", "delete"}
        ]
        answers = [await client.request(method, path, headers={"origin": "https://evil.example"}) for method, path in changing]

    assert len(changing) > 10
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "origin_refused")}
    assert all(answer.headers["x-content-type-options"] == "nosniff" for answer in answers)
