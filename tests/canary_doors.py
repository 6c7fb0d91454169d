"""More doors of the canary (`tests/test_privacy_canary.py`): sheets, complaints about the session, the desk's search, crashes, dumps, exports.

What stands here is what a buyer's name and number may come through on its way into the service and out of it; each takes the fair and the
organiser's browser of that test.
"""

from __future__ import annotations

import asyncio
import io
import subprocess
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import redis
from openpyxl import Workbook

from app.local_servers import embedded_postgres
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.local_servers.embedded_redis import EmbeddedRedis

WORDS = "Kanarienvogel đây, 0987654321, Ngõ Hoàng Yến 4711"
_BYTES = {"content-type": "application/octet-stream"}


async def sheets(staff: httpx2.AsyncClient) -> dict[str, int]:
    """Tables of goods with a person where prices, dates and columns should be, and files that are none; returns the statuses."""
    head = (await staff.get("/api/v1/goods/template.csv")).raise_for_status().content.decode("utf-8-sig").splitlines()[0]
    columns = head.split(";" if ";" in head else ",")
    rows = [columns, [WORDS] * len(columns), ["HTX", *["0987654321"] * (len(columns) - 1)]]
    book = Workbook()
    for row in (*rows, [*columns, WORDS]):
        book.active.append(row)  # type: ignore[union-attr]  # a new book has a sheet
    whole = io.BytesIO()
    book.save(whole)
    files = {
        "csv": "\n".join(";".join(row) for row in rows).encode(),
        "unknown columns": f"{WORDS};Kanarienvogel\n0987654321;4711".encode(),
        "xlsx": whole.getvalue(),
        "cut xlsx": whole.getvalue()[:-200],
        "no table": WORDS.encode(),
        "not UTF-8": WORDS.encode("utf-16"),
    }
    statuses = {}
    for name, content in files.items():
        for door in ("preview", "whole", "right-rows"):
            answer = await staff.post(f"/api/v1/goods/imports/{door}", content=content, headers=_BYTES)
            statuses[f"{name} at {door}"] = answer.status_code
    return statuses


async def complaints(fair: Any, staff: httpx2.AsyncClient) -> dict[str, str]:
    """A viewer complains of the session, rightly and wrongly; an organiser takes it, looks, answers. Returns what is not for the two of them."""
    viewer = await fair.viewer()
    good = {"key": str(uuid4()), "kind": "insult", "words": WORDS, "contact": "0987 654 321"}
    made = (await viewer.post(fair.path("complaints"), json=good)).raise_for_status().json()
    wrong = {
        "kind": good | {"kind": "Kanarienvogel"},
        "long": good | {"key": str(uuid4()), "words": "Kanarienvogel " * 200},
        "contact": good | {"key": str(uuid4()), "contact": "0987654321" * 20},
        "extra": good | {"phone": "0987654321"},
        "key": good | {"key": "Kanarienvogel"},
    }
    answers = {name: await viewer.post(fair.path("complaints"), json=body) for name, body in wrong.items()}
    path = f"/api/v1/complaints/{made['complaint_id']}"
    (await staff.post(f"{path}/work")).raise_for_status()
    contact = (await staff.post(f"{path}/contact", json={"reason": "complaint"})).raise_for_status().json()
    assert contact == {"contact": "0987 654 321"}
    answers["look"] = await staff.post(f"{path}/contact", json={"reason": "Kanarienvogel"})
    (await staff.post(f"{path}/answer", json={"words": "Chào Kanarienvogel, 0987654321."})).raise_for_status()
    others = await fair.viewer()
    answers["mine of another"] = await others.get(fair.path("complaints", "mine"))
    assert [name for name, answer in answers.items() if answer.status_code >= 500] == []
    return {f"complaint, {name}": answer.text for name, answer in answers.items()}


async def claim(fair: Any, staff: httpx2.AsyncClient) -> httpx2.Response:
    """A comment asks for goods and names the number; the desk's list, which masks it, after an organiser has looked at the whole."""
    talker = await fair.watcher(await fair.viewer())
    await talker.say({"type": "comment.post", "id": "ask", "text": "A1 x1 0987 654 321"})
    claims = await _claims(fair, staff)
    assert claims[0]["phone_masked"] == "•••321"
    seen = await staff.post(fair.path("claims", claims[0]["id"], "phone"), json={"reason": "call"})
    assert seen.raise_for_status().json() == {"phone": "+84987654321"}
    return (await staff.get(fair.path("claims"))).raise_for_status()


async def _claims(fair: Any, staff: httpx2.AsyncClient) -> list[dict[str, Any]]:
    """Once the reader has come by."""
    async with asyncio.timeout(20):
        while True:
            if claims := (await staff.get(fair.path("claims"))).raise_for_status().json()["claims"]:
                return list(claims)
            await asyncio.sleep(0.2)


_KEPT = {
    "comment_claims": "SELECT count(*) FROM comment_claims WHERE session_id = $1 AND num_nonnulls(sealed, phone_digest, phone_masked) > 0",
    "session_complaints": "SELECT count(*) FROM session_complaints WHERE session_id = $1 AND num_nonnulls(wrapped_key, sealed_contact) > 0",
    "comments_to_read": "SELECT count(*) FROM comments_to_read WHERE session_id = $1",
}


async def kept_of_persons(data_dir: Path, session_id: str) -> dict[str, int]:
    """How many rows of a session still hold something of somebody, beside orders."""
    connection = await asyncpg.connect(EmbeddedPostgres(data_dir).url)
    try:
        return {table: int(await connection.fetchval(query, UUID(session_id))) for table, query in _KEPT.items()}
    finally:
        await connection.close()


async def desk_search(fair: Any, staff: httpx2.AsyncClient) -> dict[str, str]:
    """The desk looks for the number, which nobody hears of but those who asked; the rows themselves are masked."""
    found = await staff.post(fair.path("order-search"), json={"phone": "+84 987 654 321"})
    assert found.raise_for_status().json()["orders"] != []
    wrong = [await staff.post(fair.path("order-search"), json={"phone": phone}) for phone in ("0987654321999", "Kanarienvogel")]
    assert [answer.status_code for answer in wrong] == [400, 400]
    return {"search": found.text, "wrong search": "".join(answer.text for answer in wrong)}


async def crashes(fair: Any, staff: httpx2.AsyncClient, data_dir: Path, buyer: dict[str, Any]) -> dict[str, str]:
    """Tables are gone for a moment while somebody's words and number are in the service's hands: the tracebacks must not show them."""
    viewer = await fair.viewer()
    receipt = (await viewer.post(fair.path("orders"), json=fair.order())).raise_for_status().json()
    page, link = f"/api/v1/order-pages/{receipt['order_code']}", {"order-link": receipt["link_token"]}
    receiver = {"phone": buyer["phone"], "address": buyer["address"], "note": WORDS}
    producer_id = (await staff.get("/api/v1/producers")).json()["items"][0]["id"]
    product = {"producer_id": producer_id, "name": "Kẹo lạc", "price_vnd": 9_000, "unit": "gói", "weight_grams": 300, "story": WORDS}
    about_session = {"key": str(uuid4()), "kind": "other", "words": WORDS, "contact": "0987654321"}
    answers = {}
    async with _away(data_dir, "audit_entries"):
        answers["receiver"] = await viewer.put(f"{page}/receiver", headers=link, json=receiver)
    async with _away(data_dir, "complaints"):
        answers["complaint"] = await viewer.post(f"{page}/complaints", headers=link, json={"key": str(uuid4()), "words": WORDS})
    async with _away(data_dir, "session_complaints"):
        answers["session complaint"] = await viewer.post(fair.path("complaints"), json=about_session)
    async with _away(data_dir, "order_contacts"):
        answers["search"] = await staff.post(fair.path("order-search"), json={"phone": "0987654321"})
        answers["order"] = await viewer.post(fair.path("orders"), json=fair.order())
    async with _away(data_dir, "products"):
        answers["product"] = await staff.post("/api/v1/products", json=product)
    statuses = {name: answer.status_code for name, answer in answers.items()}
    assert set(statuses.values()) <= {500, 503}, statuses
    assert list(statuses.values()).count(500) >= 4, statuses
    return {f"crash, {name}": answer.text for name, answer in answers.items()}


@asynccontextmanager
async def _away(data_dir: Path, table: str) -> AsyncIterator[None]:
    connection = await asyncpg.connect(EmbeddedPostgres(data_dir).url)
    try:
        await connection.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
        try:
            yield
        finally:
            await connection.execute(f"ALTER TABLE {table}_away RENAME TO {table}")
    finally:
        await connection.close()


async def dump(data_dir: Path) -> str:
    """What `pg_dump` writes of the whole database: what a backup holds."""
    program = [str(embedded_postgres._programs() / "pg_dump"), "--no-password", EmbeddedPostgres(data_dir).url]
    done = await asyncio.to_thread(subprocess.run, program, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    text = done.stdout.decode("utf-8", "replace")
    assert "COPY public.order_contacts" in text
    assert "COPY public.session_complaints" in text
    return text


async def tables_of_goods(staff: httpx2.AsyncClient) -> dict[str, str]:
    """The goods as files, all that stands in them."""
    texts = {}
    for path in ("table.csv", "table.xlsx", "template.csv", "template.xlsx"):
        content = (await staff.get(f"/api/v1/goods/{path}")).raise_for_status().content
        texts[f"goods {path}"] = _all_in(content) if path.endswith("xlsx") else content.decode("utf-8-sig")
    return texts


def _all_in(archive: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return "\n".join(opened.read(name).decode("utf-8", "replace") for name in opened.namelist())


def redis_content(data_dir: Path) -> list[str]:
    """Every key and every value, whatever its type."""
    found: list[str] = []
    with redis.Redis.from_url(EmbeddedRedis(data_dir).url, decode_responses=True, encoding_errors="replace") as client:
        for key in client.scan_iter(count=1000):
            read = {
                "string": client.get,
                "hash": client.hgetall,
                "set": client.smembers,
                "list": lambda name: client.lrange(name, 0, -1),
                "zset": lambda name: client.zrange(name, 0, -1, withscores=True),
                "stream": client.xrange,
            }[str(client.type(key))]
            found.append(f"{key} {read(key)}")
    return found


async def database_content(data_dir: Path) -> dict[str, str]:
    """Every table as text, bytes in hexadecimal: what a dump holds."""
    connection = await asyncpg.connect(EmbeddedPostgres(data_dir).url)
    try:
        tables = [row[0] for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        return {
            table: str(await connection.fetchval(f"SELECT string_agg(t::text, '|') FROM {table} t"))  # noqa: S608 - names from the catalogue
            for table in tables
        }
    finally:
        await connection.close()
