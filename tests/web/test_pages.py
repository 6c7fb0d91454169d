"""The pages as the whole service answers them: who may open what, tickets, languages, failures for people, static files."""

from __future__ import annotations

import io
import json
import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from PIL import Image

from app.accounts.permissions import Role
from app.accounts.service import CurrentUser
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.main import services_of
from app.realtime.tickets import TICKET_COOKIE
from app.sessions.schemas import SessionContent
from tests.accounts.builders import a_user
from tests.people import PASSWORD
from tests.whole_service import a_client, whole_service

# fixed, so that every process that runs tests names them alike
NOBODYS_ID = "5d1f6c1e-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
async def app(module_postgres_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    """The module's service; its tests do not mind each other's people and sessions."""
    async with whole_service(module_postgres_url, redis_url, f"test-pages-{uuid4().hex[:12]}") as opened:
        yield opened


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with a_client(app) as opened:
        yield opened


async def someone(app: FastAPI, role: Role = "organiser") -> CurrentUser:
    """A user of an organisation of their own."""
    return await a_user(services_of(app).accounts, f"nguoi.{uuid4().hex[:12]}", role=role)


async def signed_in(app: FastAPI, client: httpx2.AsyncClient, role: Role = "organiser") -> CurrentUser:
    user = await someone(app, role)
    await client.post("/api/v1/login", json={"login": user.login, "password": PASSWORD})
    return user


async def a_session(app: FastAPI, user: CurrentUser, title: str = "Chợ phiên") -> UUID:
    made = await services_of(app).session_editor.create(user, SessionContent(title=title, planned_start_at="2099-01-31T20:00:00+07:00"))
    session_id: UUID = made.view.id
    await services_of(app).session_editor.transition(user, session_id, "scheduled")
    return session_id


async def test_the_start_page_lists_what_is_planned(postgres_url: str, redis_url: str, redis_prefix: str) -> None:
    async with whole_service(postgres_url, redis_url, redis_prefix) as app, a_client(app) as client:
        empty = await client.get("/")
        session_id = await a_session(app, await someone(app), "Chợ <b>Tết</b>")

        page = await client.get("/")

    assert "Chưa có phiên chợ nào." in empty.text
    assert f'href="/s/{session_id}"' in page.text
    assert "Chợ &lt;b&gt;Tết&lt;/b&gt;" in page.text
    assert "Thứ Bảy 31/1 · 20:00" in page.text


async def test_a_device_gets_one_ticket_and_keeps_it(app: FastAPI, client: httpx2.AsyncClient) -> None:
    session_id = await a_session(app, await someone(app))

    first = await client.get(f"/s/{session_id}")
    again = await client.get(f"/s/{session_id}")

    cookie = first.headers["set-cookie"]
    assert cookie.startswith(f"{TICKET_COOKIE}=")
    assert all(part in cookie for part in ("HttpOnly", "Max-Age=2592000", "SameSite=lax", "Path=/"))
    assert isinstance(services_of(app).tickets.read(client.cookies[TICKET_COOKIE]), UUID)
    assert "set-cookie" not in again.headers


async def test_a_forged_ticket_is_replaced(app: FastAPI, client: httpx2.AsyncClient) -> None:
    session_id = await a_session(app, await someone(app))

    page = await client.get(f"/s/{session_id}", headers={"cookie": f"{TICKET_COOKIE}=forged"})

    assert page.headers["set-cookie"].startswith(f"{TICKET_COOKIE}=")


@pytest.mark.parametrize("path", ["/o/K7M2PAE", "/o/nobody-knows", "/my-orders", "/lookup"])
async def test_a_buyers_pages_hold_nothing_and_are_kept_listed_and_referred_to_by_nobody(client: httpx2.AsyncClient, path: str) -> None:
    page = await client.get(path)

    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert ("set-cookie" in page.headers) == (path == "/my-orders")


@pytest.mark.parametrize("address", [f"/s/{NOBODYS_ID}", "/s/not-an-id"])
async def test_an_unknown_market_is_said_in_words(client: httpx2.AsyncClient, address: str) -> None:
    page = await client.get(address)

    assert page.status_code == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Về trang chính" in page.text


async def test_a_draft_is_nobodys_business(app: FastAPI, client: httpx2.AsyncClient) -> None:
    user = await someone(app)
    draft = (await services_of(app).session_editor.create(user, SessionContent(title="Nháp"))).view.id

    assert (await client.get(f"/s/{draft}")).status_code == 404


@pytest.mark.parametrize("path", ["/host", "/organiser", f"/host/{NOBODYS_ID}", f"/organiser/{NOBODYS_ID}"])
async def test_staff_pages_lead_to_the_login_and_back(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/login?next={path.replace('/', '%2F')}"


async def test_a_host_opens_boards_but_no_reports(app: FastAPI, client: httpx2.AsyncClient) -> None:
    await signed_in(app, client, role="host")

    board_list, reports = await client.get("/host"), await client.get("/organiser")

    assert board_list.status_code == 200
    assert 'href="/organiser"' not in board_list.text
    assert reports.status_code == 403
    assert "Mã lỗi: forbidden" in reports.text


async def test_another_organisations_session_does_not_exist(app: FastAPI, client: httpx2.AsyncClient) -> None:
    session_id = await a_session(app, await someone(app))
    await signed_in(app, client)

    assert (await client.get(f"/host/{session_id}")).status_code == 404
    assert (await client.get(f"/organiser/{session_id}")).status_code == 404


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", "evil", "\\\\evil.example"]
)
async def test_the_login_sends_nobody_elsewhere(client: httpx2.AsyncClient, elsewhere: str) -> None:
    page = await client.get("/login", params={"next": elsewhere})

    assert 'data-next=""' in page.text


async def test_whoever_is_signed_in_goes_on_from_the_login(app: FastAPI, client: httpx2.AsyncClient) -> None:
    await signed_in(app, client)

    assert (await client.get("/login")).headers["location"] == "/organiser"
    assert (await client.get("/login?next=%2Fhost")).headers["location"] == "/host"


async def test_a_language_is_remembered_and_leaves_the_address(client: httpx2.AsyncClient) -> None:
    switched = await client.get("/login?lang=en&next=%2Fhost")
    page = await client.get("/login")

    assert (switched.status_code, switched.headers["location"]) == (303, "/login?next=%2Fhost")
    assert '<html lang="en">' in page.text
    assert page.headers["content-language"] == "en"


async def test_a_language_nobody_speaks_changes_nothing(client: httpx2.AsyncClient) -> None:
    page = await client.get("/?lang=fr")

    assert page.status_code == 200
    assert '<html lang="vi">' in page.text


async def test_every_script_of_a_page_carries_the_nonce_of_its_answer(client: httpx2.AsyncClient) -> None:
    page = await client.get("/")

    nonce = re.search(r"'nonce-([^']+)'", page.headers["content-security-policy"])
    assert nonce is not None
    scripts = re.findall(r"<script([^>]*)>", page.text)
    assert scripts
    assert all(f'nonce="{nonce.group(1)}"' in attributes for attributes in scripts)
    assert " style=" not in page.text
    assert re.search(r"\son\w+=", page.text) is None


async def test_facts_of_a_page_cannot_close_their_script(app: FastAPI, client: httpx2.AsyncClient) -> None:
    title = "</script><script>alert(1)</script>"
    session_id = await a_session(app, await someone(app), title)

    page = await client.get(f"/s/{session_id}")

    assert title not in page.text
    facts = re.search(r'id="page-facts"[^>]*>(.*?)</script>', page.text, re.DOTALL)
    assert facts is not None
    assert json.loads(facts.group(1))["session"]["title"] == title


async def test_the_common_desk_leads_to_the_desks_of_rehearsals_which_do_not_stand_on_it(app: FastAPI, client: httpx2.AsyncClient) -> None:
    user = await signed_in(app, client)
    editor = services_of(app).session_editor
    made = {}
    for title, is_rehearsal, state in (("Tập dượt", True, "live"), ("Chưa tập", True, "scheduled"), ("Chợ phiên", False, "live")):
        content = SessionContent(title=title, planned_start_at="2099-01-31T20:00:00+07:00", is_rehearsal=is_rehearsal)
        made[title] = (await editor.create(user, content)).view.id
        await services_of(app).database.pool.execute("UPDATE sessions SET state = $2 WHERE id = $1", made[title], state)

    page = await client.get("/desk")

    facts = re.search(r'id="page-facts"[^>]*>(.*?)</script>', page.text, re.DOTALL)
    assert facts is not None
    assert json.loads(facts.group(1))["rehearsals"] == [{"session_id": str(made["Tập dượt"]), "title": "Tập dượt"}]
    assert (await client.get(f"/host/{made['Tập dượt']}/orders")).status_code == 200


async def test_plain_files_are_revalidated_soon(client: httpx2.AsyncClient) -> None:
    script = await client.get("/static/js/viewer.js")
    again = await client.get("/static/js/viewer.js", headers={"if-none-match": script.headers["etag"]})

    assert script.headers["content-type"].startswith("text/javascript")
    assert "max-age=60" in script.headers["cache-control"]
    assert again.status_code == 304
    assert (await client.get("/static/../pages.py")).status_code == 404


async def test_everything_that_a_page_names_is_there_for_good(client: httpx2.AsyncClient) -> None:
    page = await client.get("/")

    named = set(re.findall(r'"(/static/[^"]+)"', page.text))
    assert any("packs/home-" in address for address in named)
    for address in named:
        answer = await client.get(address)
        assert (answer.status_code, address) == (200, address)
        assert "immutable" in answer.headers["cache-control"], address


async def test_a_shared_address_has_a_card_with_an_absolute_picture(app: FastAPI, client: httpx2.AsyncClient) -> None:
    session_id = await a_session(app, await someone(app), 'Chợ "Tết"')

    said: dict[str, str] = {}
    for path, kind in (("/", "image/png"), (f"/s/{session_id}", "image/jpeg")):
        page = await client.get(f"{path}?utm_source=zalo")
        said = dict(re.findall(r'<meta property="og:([a-z:_]+)" content="([^"]*)">', page.text))
        assert said["url"] == f"http://cho.test{path}"
        picture = await client.get(said["image"])
        assert (said["image:type"], picture.headers["content-type"]) == (kind, kind)
        assert "immutable" in picture.headers["cache-control"]
        with Image.open(io.BytesIO(picture.content)) as drawn:
            assert drawn.size == (int(said["image:width"]), int(said["image:height"])) == (1200, 630)
    assert said["title"] == "Chợ &#34;Tết&#34;"
    assert said["description"].startswith("Thứ Bảy 31/1 · 20:00 · ")


async def test_a_page_is_compressed_for_those_who_take_it(client: httpx2.AsyncClient) -> None:
    packed = await client.get("/", headers={"accept-encoding": "gzip"})
    plain = await client.get("/", headers={"accept-encoding": "identity"})

    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert "content-encoding" not in plain.headers
    assert "<!doctype html>" in packed.text


async def test_a_database_that_is_away_is_said_in_words(
    postgres_server: EmbeddedPostgres, postgres_url: str, redis_url: str, redis_prefix: str
) -> None:
    name = urlsplit(postgres_url).path.lstrip("/")
    async with whole_service(postgres_url, redis_url, redis_prefix) as app, a_client(app) as client:
        postgres_server.run_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        postgres_server.run_sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608 - our own name

        page = await client.get("/")
        postgres_server.run_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    assert page.status_code == 503
    assert "Hệ thống đang bận." in page.text
    assert 'href="/"' in page.text


async def test_an_unknown_address_is_a_page_for_a_browser_and_a_problem_for_a_program(client: httpx2.AsyncClient) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = await client.get("/nope", headers=browser)
    program, api = await client.get("/nope"), await client.get("/api/v1/nope", headers=browser)
    wrong_method = await client.post("/host", headers=browser | {"origin": "http://cho.test"})

    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Về trang chính" in page.text
    assert [(each.status_code, each.json()["code"]) for each in (program, api)] == [(404, "not_found")] * 2
    assert (wrong_method.status_code, wrong_method.headers["allow"], "<html" in wrong_method.text) == (405, "GET, HEAD", True)


@pytest.mark.parametrize("path", ["/", "/login", f"/s/{NOBODYS_ID}", "/robots.txt", "/favicon.ico", "/host", "/nope"])
async def test_a_page_answers_for_its_head_alone(client: httpx2.AsyncClient, path: str) -> None:
    whole, head = await client.get(path), await client.head(path)

    assert head.status_code == whole.status_code
    assert head.headers["content-type"] == whole.headers["content-type"] if whole.status_code == 200 else True


async def test_what_browsers_and_crawlers_ask_for_unasked_is_there(client: httpx2.AsyncClient) -> None:
    robots, icon = await client.get("/robots.txt"), await client.get("/favicon.ico")

    assert "Disallow: /api/" in robots.text
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")


async def test_an_address_names_all_its_methods(client: httpx2.AsyncClient) -> None:
    answers = [
        await client.request("DELETE", path, headers={"origin": "http://cho.test"}) for path in ("/api/v1/sessions", "/static/css/base.css")
    ]

    assert [(each.status_code, each.headers["allow"]) for each in answers] == [(405, "GET, POST"), (405, "GET, HEAD")]
