"""A buyer's name, phone and street stand in the clear nowhere: not in the database either, whatever goes wrong with the order.

The whole service as people start it: `ocop run` with workers, embedded PostgreSQL and Redis of its own, real sockets, the command line.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.settings import PROJECT_ROOT, child_environment
from tests import canary_doors as doors
from tests import canary_settlements as settlements
from tests.local_servers.service_process import ServiceProcess, service

PASSWORD = "cam-vu-quang-2026"
ADDRESS = {"province_code": 42, "ward_code": 18547, "street": "Ngõ Hoàng Yến 4711"}
BUYER: dict[str, Any] = {"name": "Kanarienvogel Hoàng", "phone": "0987654321", "address": ADDRESS, "note": "Gọi cho Kanarienvogel"}
# In any case, in any escaping: ASCII parts of name and street, and the digits every spelling of the phone has; and as PostgreSQL shows bytes.
TRACES = ("kanarienvogel", "4711", "987654321", "ho\\u00e0ng", "hoàng")
IN_BYTES = tuple(text.encode().hex() for text in ("Kanarienvogel", "987654321", "Hoàng Yến"))
# How people write the same number in a comment.
SPELLINGS = ("0987654321", "0987 654 321", "0987.654.321", "+84 987-654-321", "o987654321", "0 9 8 7 6 5 4 3 2 1")


def traces_in(text: str) -> list[str]:
    # counted figures may hold any digits; a house number stands alone
    lowered = text.lower()
    found = [trace for trace in (*TRACES, *IN_BYTES) if trace in lowered and trace != "4711"] + (["4711"] if "yến 4711" in lowered else [])
    return found + (["987654321 in another spelling"] if _SPELT.search(lowered) else [])


_SPELT = re.compile(r"9[ .-]?8[ .-]?7[ .-]?6[ .-]?5[ .-]?4[ .-]?3[ .-]?2[ .-]?1")

# A service with processes of its own, for as long as a session lasts.
pytestmark = pytest.mark.slow
# Nobody has to wait for a turn: what people say and order is looked at, not how fast they may.
QUICK = {
    "OCOP_REALTIME__TICK_MIN_SECONDS": "0.05",
    "OCOP_REALTIME__COMMENT_INTERVAL_SECONDS": "0.000001",
    "OCOP_REALTIME__COMMANDS_PER_SECOND": "1000",
    "OCOP_REALTIME__COMMANDS_BURST": "1000",
}


@pytest.fixture(scope="module")
def running(session_server_folder: Path) -> Iterator[ServiceProcess]:
    folder = session_server_folder / "canary"
    folder.mkdir(mode=0o711)
    with service(folder, port=None, OCOP_LOG_LEVEL="debug", **QUICK) as started:
        started.wait_until_ready()
        yield started


def ocop(running: ServiceProcess, *arguments: str, says: str = PASSWORD) -> str:
    """The command line beside the running service."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        input=says + "\n",
        capture_output=True,
        text=True,
        env=child_environment({"OCOP_DATA_DIR": str(running.data_dir), "DATABASE_URL": None, "REDIS_URL": None}),
        cwd=PROJECT_ROOT,
        check=True,
    )
    return done.stdout.strip()


class Watcher:
    """A socket that keeps every frame as text."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames: list[str] = []

    async def say(self, message: dict[str, Any] | str) -> None:
        await self.socket.send(message if isinstance(message, str) else json.dumps(message))

    async def listen(self, until: str | None = None) -> None:
        """Keep frames until one holds this text, or until the socket is closed."""
        with suppress(ConnectionClosed):
            while until is None or not self.frames or until not in self.frames[-1]:
                frame = await self.socket.recv()
                self.frames.append(frame if isinstance(frame, str) else frame.decode())


class Fair:
    """A live session of the running service, with its people."""

    def __init__(self, running: ServiceProcess, stack: AsyncExitStack) -> None:
        self.base = f"http://127.0.0.1:{running.port}"
        self.stack = stack
        self.organisation_id = ""
        self.session_id = ""
        self.offer_id = ""

    async def browser(self, login: str | None = None) -> httpx2.AsyncClient:
        client = httpx2.AsyncClient(base_url=self.base, headers={"origin": self.base}, timeout=20, verify=False)
        await self.stack.enter_async_context(client)
        if login is not None:
            (await client.post("/api/v1/login", json={"login": login, "password": PASSWORD})).raise_for_status()
        return client

    async def viewer(self) -> httpx2.AsyncClient:
        client = await self.browser()
        (await client.post(self.path("tickets"))).raise_for_status()
        return client

    async def watcher(self, client: httpx2.AsyncClient, suffix: str = "") -> Watcher:
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        url = f"{self.base.replace('http', 'ws', 1)}/ws/sessions/{self.session_id}{suffix}"
        socket = await self.stack.enter_async_context(connect(url, additional_headers={"Cookie": cookie}, origin=self.base))  # type: ignore[arg-type]  # any text
        watcher = Watcher(socket)
        await watcher.say({"type": "viewer.hello", "id": "hello", "version": 1})
        return watcher

    def path(self, *parts: str) -> str:
        return "/".join((f"/api/v1/sessions/{self.session_id}", *parts))

    def order(self, **changes: Any) -> dict[str, Any]:
        return {"key": str(uuid4()), "lines": [{"offer_id": self.offer_id, "quantity": 1}], "buyer": BUYER} | changes


@asynccontextmanager
async def a_fair(running: ServiceProcess) -> AsyncIterator[tuple[Fair, httpx2.AsyncClient]]:
    login = f"ban.mai.{uuid4().hex[:6]}"
    organisation_id = await asyncio.to_thread(ocop, running, "create-organisation", f"Chợ phiên {login}")
    who = ("--organisation", organisation_id, "--login", login, "--name", "Ban Mai", "--role", "organiser")
    await asyncio.to_thread(ocop, running, "create-user", *who)
    async with AsyncExitStack() as stack:
        fair = Fair(running, stack)
        fair.organisation_id = organisation_id
        staff = await fair.browser(login)
        producer = {"name": "HTX", "kind": "cooperative", "province_code": 42, "commune_code": 18547, "tax_code": settlements.TAX_CODE}
        producer_id = (await staff.post("/api/v1/producers", json=producer)).json()["id"]
        product = {"producer_id": producer_id, "name": "Cu đơ", "price_vnd": 50_000, "unit": "gói", "weight_grams": 300}
        product_id = (await staff.post("/api/v1/products", json=product)).json()["id"]
        fair.session_id = (await staff.post("/api/v1/sessions", json={"title": "Phiên sáng"})).json()["id"]
        await staff.put(fair.path("products"), json={"product_ids": [product_id]})
        (await staff.post(fair.path("transitions"), json={"to": "live"})).raise_for_status()
        new = {"product_id": product_id, "flash_price_vnd": 39_000, "total_quantity": 20, "per_viewer_limit": 20, "open_now": True}
        fair.offer_id = (await staff.post(fair.path("offers"), json=new)).json()["id"]
        yield fair, staff


def a_host(running: ServiceProcess, fair: Fair) -> str:
    """The login of somebody who reads the session's report and may not see settlements."""
    login = f"nguoi.dan.{uuid4().hex[:6]}"
    ocop(running, "create-user", "--organisation", fair.organisation_id, "--login", login, "--name", "Ban Chiều", "--role", "host")
    return login


def mishaps(fair: Fair) -> list[tuple[str, bytes]]:
    """Orders that fail in every way we know, as HTTP bodies."""
    wrong = {
        "ward": fair.order(buyer=BUYER | {"address": ADDRESS | {"ward_code": 1}}),
        "phone": fair.order(buyer=BUYER | {"phone": "0987654321999999"}),
        "foreign phone": fair.order(buyer=BUYER | {"phone": "+49 987654321"}),
        "extra": fair.order(buyer=BUYER | {"email": "kanarienvogel@example.vn"}),
        "name as number": fair.order(buyer=BUYER | {"name": {"first": "Kanarienvogel"}}),
        "name in the key": fair.order(key="Kanarienvogel"),
        "name in the payment": fair.order(payment="Kanarienvogel"),
        "street in the offer": fair.order(lines=[{"offer_id": "Ngõ Hoàng Yến 4711", "quantity": 1}]),
        "phone as quantity": fair.order(lines=[{"offer_id": fair.offer_id, "quantity": "0987654321x"}]),
        "too much": fair.order(lines=[{"offer_id": fair.offer_id, "quantity": 900}]),
        "unknown offer": fair.order(lines=[{"offer_id": str(uuid4()), "quantity": 1}]),
        "long name": fair.order(buyer=BUYER | {"name": "Kanarienvogel " * 20}),
        "NUL": fair.order(buyer=BUYER | {"name": "Kanarienvogel\0Hoàng\u202e", "note": "\0"}),
        "the name itself": "Kanarienvogel",
        "a list": [BUYER],
    }
    bodies = [(name, json.dumps(content).encode()) for name, content in wrong.items()]
    whole = json.dumps(fair.order(), ensure_ascii=False)
    return [
        *bodies,
        ("cut off", whole[:-20].encode()),
        ("not UTF-8", whole.encode("utf-16")),
        ("lone surrogate", json.dumps(fair.order(buyer=BUYER | {"name": "Kanarienvogel \ud800"})).encode()),
        ("oversized", json.dumps(fair.order(buyer=BUYER | {"note": "Kanarienvogel " * 100_000})).encode()),
    ]


async def test_a_buyer_leaves_no_trace(running: ServiceProcess) -> None:
    async with a_fair(running) as (fair, staff):
        neighbours = [await fair.watcher(await fair.viewer()), await fair.watcher(staff, "/board")]
        listening = asyncio.gather(*(neighbour.listen() for neighbour in neighbours))
        refusals = await _orders_over_http(fair)
        own_frames = await _orders_over_socket(fair)
        await _comments(fair)
        buyers_side = await _buyers_side(fair)
        brought_in = await doors.sheets(staff)
        further = await doors.complaints(fair, staff) | await doors.desk_search(fair, staff)
        further |= {"claim, on the desk": (await doors.claim(fair, staff)).text}
        further |= await doors.crashes(fair, staff, running.data_dir, BUYER)
        await _steps_of_staff(fair, staff)
        await asyncio.sleep(1.5)
        documents = await _documents(fair, staff)
        documents |= await settlements.settle(fair, staff, SPELLINGS)
        documents |= await settlements.of_others(fair, staff, await fair.browser(await asyncio.to_thread(a_host, running, fair)))
        for neighbour in neighbours:
            await neighbour.socket.close()
        await listening
        stored = await asyncio.to_thread(doors.redis_content, running.data_dir)
        frames = {f"frame of neighbour {number}": "\n".join(each.frames) for number, each in enumerate(neighbours)}
        logs = {path.name: path.read_text(errors="replace") for path in (running.data_dir / "logs").iterdir()} | {"output": running.output}
        kept = await doors.database_content(running.data_dir)
        kept["pg_dump"] = await doors.dump(running.data_dir)
        documents |= await doors.tables_of_goods(staff)

    # the search looks where something is: sealed rows, comments with the number masked
    assert kept["order_contacts"].count("|") > 3
    assert "\\x" in kept["complaints"]
    assert "\\x" in kept["session_complaints"]
    assert "\\x" in kept["comment_claims"]
    assert [name for name, status in brought_in.items() if status >= 500] == []
    assert "request_crashed" in logs["output"] + "".join(logs.values())
    assert kept["comments"].count("***") >= len(SPELLINGS)
    assert "order.placed" in own_frames
    assert len(stored) > 5
    assert all(len(text) > 100 for text in frames.values())
    places = {
        **refusals,
        **buyers_side,
        **further,
        "replies to the buyer": own_frames,
        **documents,
        "redis": "\n".join(stored),
        **frames,
        **logs,
        **kept,
    }
    assert {place: found for place, text in places.items() if (found := traces_in(text))} == {}


async def _orders_over_http(fair: Fair) -> dict[str, str]:
    viewer = await fair.viewer()
    order = fair.order()
    (await viewer.post(fair.path("orders"), json=order)).raise_for_status()
    answers = {"repeat": await viewer.post(fair.path("orders"), json=order)}
    answers["key reused"] = await viewer.post(fair.path("orders"), json=order | {"payment": "transfer"})
    for name, body in mishaps(fair):
        try:
            answers[name] = await viewer.post(fair.path("orders"), content=body, headers={"content-type": "application/json"})
        except httpx2.TransportError:
            # an oversized body may be cut off
            assert name == "oversized"
    answers["mine"] = await viewer.get(fair.path("orders", "mine"))
    taken = {name: answer.status_code for name, answer in answers.items() if not 400 <= answer.status_code < 500}
    # control characters are cleaned away, and JSON may be UTF-16: those orders are taken
    assert taken == {"repeat": 201, "NUL": 201, "not UTF-8": 201, "mine": 200}
    return {f"answer to {name}": answer.text for name, answer in answers.items()}


async def _buyers_side(fair: Fair) -> dict[str, str]:
    """What a buyer does on the order's page, rightly and wrongly; returns the answers that are not for whoever has the link."""
    viewer = await fair.viewer()
    receipt = (await viewer.post(fair.path("orders"), json=fair.order())).raise_for_status().json()
    path, link = f"/api/v1/order-pages/{receipt['order_code']}", {"order-link": receipt["link_token"]}
    receiver = {"phone": BUYER["phone"], "address": ADDRESS, "note": "Gọi cho Kanarienvogel"}
    complaint = {"key": str(uuid4()), "words": "Kanarienvogel đây, 0987654321, Ngõ Hoàng Yến 4711: hũ vỡ"}
    page = (await viewer.get(path, headers=link)).raise_for_status().text
    (await viewer.put(f"{path}/receiver", headers=link, json=receiver)).raise_for_status()
    (await viewer.post(f"{path}/complaints", headers=link, json=complaint)).raise_for_status()
    # the search works: the page itself knows the buyer
    assert traces_in(page) != []
    lookup = {"phone": BUYER["phone"], "code": receipt["order_code"]}
    answers = {
        "stranger": await viewer.get(path, headers={"order-link": "Kanarienvogel"}),
        "ward": await viewer.put(f"{path}/receiver", headers=link, json=receiver | {"address": ADDRESS | {"ward_code": 1}}),
        "phone": await viewer.put(f"{path}/receiver", headers=link, json=receiver | {"phone": "0987654321999"}),
        "extra": await viewer.put(f"{path}/receiver", headers=link, json=receiver | {"name": "Kanarienvogel"}),
        "long": await viewer.post(f"{path}/complaints", headers=link, json=complaint | {"words": "Kanarienvogel " * 200}),
        "reason": await viewer.post(f"{path}/cancellation", headers=link, json={"reason": "Kanarienvogel"}),
        "lookup": await viewer.post("/api/v1/order-lookup", json=lookup),
        "lookup of another": await viewer.post("/api/v1/order-lookup", json=lookup | {"code": "Kanarienvogel"}),
        "my orders": await viewer.get("/api/v1/my-orders"),
        "page of the order": await viewer.get(f"/o/{receipt['order_code']}"),
    }
    assert [name for name, answer in answers.items() if answer.status_code == 200] == ["lookup", "my orders", "page of the order"]
    assert [name for name, answer in answers.items() if answer.status_code >= 500] == []
    return {f"buyer's side, {name}": answer.text for name, answer in answers.items()}


async def _orders_over_socket(fair: Fair) -> str:
    buyer = await fair.watcher(await fair.viewer())
    await buyer.say({"type": "order.place", "id": "good"} | fair.order())
    async with asyncio.timeout(20):
        await buyer.listen(until='"good"')
    for number, (name, body) in enumerate(mishaps(fair)):
        if name == "oversized":
            continue
        with suppress(ValueError):
            content = json.loads(body)
            if isinstance(content, dict):
                body = json.dumps({"type": "order.place", "id": f"m{number}"} | content).encode()
        await buyer.say(body.decode("utf-8", "replace"))
    await buyer.say({"type": "Kanarienvogel Hoàng", "id": "tag"})
    await buyer.say(json.dumps({"type": "order.place", "id": "big"} | fair.order(buyer=BUYER | {"note": "Kanarienvogel " * 1_000})))
    async with asyncio.timeout(20):
        await buyer.listen(until="message_too_large")
    return "\n".join(buyer.frames)


async def _comments(fair: Fair) -> None:
    """The number in public, in the text and as a name."""
    talker = await fair.watcher(await fair.viewer())
    for number, spelling in enumerate(SPELLINGS):
        await talker.say({"type": "comment.post", "id": f"c{number}", "text": f"Gọi em {spelling} nhé"})
    named = Watcher((await fair.watcher(await fair.viewer())).socket)
    await named.say({"type": "viewer.hello", "id": "again", "version": 1, "name": "Lan 0987654321"})
    await named.say({"type": "comment.post", "id": "named", "text": "Còn hàng không shop?"})
    async with asyncio.timeout(10):
        await talker.listen(until=f"c{len(SPELLINGS) - 1}")


async def test_whoever_is_forgotten_changes_no_amount_and_every_export_goes_on_verifying(running: ServiceProcess, tmp_path: Path) -> None:
    async with a_fair(running) as (fair, staff):
        await _orders_over_http(fair)
        await doors.complaints(fair, staff)
        asked = await doors.claim(fair, staff)
        await _steps_of_staff(fair, staff)
        for state in ("ended", "closed"):
            (await staff.post(fair.path("transitions"), json={"to": state})).raise_for_status()
        before = await staff.get(fair.path("export.zip"))
        report = (await staff.get(fair.path("report"))).json()
        copy = await asyncio.to_thread(ocop, running, "person", "export", says=BUYER["phone"])
        erased = await asyncio.to_thread(_erases, running)
        after = await staff.get(fair.path("export.zip"))
        same = (await staff.get(fair.path("report"))).json()
        left_of_claims = await doors.kept_of_persons(running.data_dir, fair.session_id)
        again = await asyncio.to_thread(ocop, running, "person", "export", says=BUYER["phone"])

    pages = [page for page in json.loads(copy)["orders"] if page["seller"]["session_id"] == fair.session_id]
    left = [page["code"] for page in json.loads(again)["orders"]]
    assert {page["receiver"]["phone"] for page in pages} == {"+84987654321"}
    # one was delivered and one cancelled; the others are on their way
    assert len({page["code"] for page in pages} & set(erased)) == 2
    assert set(left).isdisjoint(erased)
    here = [each for each in json.loads(copy)["session_complaints"] if each["session_id"] == fair.session_id]
    assert [each["contact"] for each in here] == ["0987 654 321"]
    claimed = {each["state"]: each["phone"] for each in json.loads(copy)["claims"] if each["session_id"] == fair.session_id}
    assert claimed == {"held": "+84987654321"}, asked.text
    assert json.loads(again)["session_complaints"] == json.loads(again)["claims"] == []
    assert left_of_claims == {"comment_claims": 0, "session_complaints": 0, "comments_to_read": 0}
    assert (same["ladder"], same["products"]) == (report["ladder"], report["products"])
    for name, export in (("before", before), ("after", after)):
        path = tmp_path / f"{name}.zip"
        path.write_bytes(export.content)
        await asyncio.to_thread(ocop, running, "verify", str(path))


def _erases(running: ServiceProcess) -> list[str]:
    """Codes of the orders whose person is forgotten; those on their way end the command with 1."""
    done: subprocess.CompletedProcess[str] = subprocess.run(
        [sys.executable, "-m", "app.cli", "person", "erase"],
        input=f"{BUYER['phone']}\n",
        capture_output=True,
        text=True,
        env=child_environment({"OCOP_DATA_DIR": str(running.data_dir), "DATABASE_URL": None, "REDIS_URL": None}),
        cwd=PROJECT_ROOT,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    first, second, third = done.stdout.strip().splitlines()
    counted = re.fullmatch(r"Numbers in comments: (\d+)\. Complaints about sessions: (\d+)\.", second)
    assert counted is not None, second
    assert min(map(int, counted.groups())) >= 1
    assert third.startswith("Still on their way")
    codes: list[str] = first.removeprefix("Erased: ").split(", ")
    return codes


async def _steps_of_staff(fair: Fair, staff: httpx2.AsyncClient) -> None:
    orders = (await staff.get(fair.path("orders"))).json()["orders"]
    assert len(orders) >= 2
    for order, kinds in zip(orders, (("confirmed", "delivered"), ("cancelled",)), strict=False):
        for kind in kinds:
            (await staff.post(fair.path("orders", order["order_id"], "steps"), json={"kind": kind})).raise_for_status()


async def _documents(fair: Fair, staff: httpx2.AsyncClient) -> dict[str, str]:
    """Everything that can be read about the session, live and after it was closed."""
    about = ("", "/stats", "/report", "/report/minutes.csv", "/report/products.csv", "/offers", "/orders")
    anyone = await fair.browser()
    texts = {f"live{path}": (await staff.get(fair.path().rstrip("/") + path)).raise_for_status().text for path in about}
    for state in ("ended", "closed"):
        (await staff.post(fair.path("transitions"), json={"to": state})).raise_for_status()
    texts |= {f"closed{path}": (await staff.get(fair.path().rstrip("/") + path)).raise_for_status().text for path in (*about, "/statement")}
    for path in ("/", f"/s/{fair.session_id}", "/metrics", "/api/v1/sessions", "/api/v1/openapi.json"):
        texts[path] = (await anyone.get(path)).text
    texts["work list"] = (await staff.get("/api/v1/payments/work-list")).raise_for_status().text
    export = (await staff.get(fair.path("export.zip"))).raise_for_status().content
    with zipfile.ZipFile(io.BytesIO(export)) as archive:
        texts |= {f"export {name}": archive.read(name).decode() for name in archive.namelist()}
    return texts
