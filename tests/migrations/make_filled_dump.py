"""Makes the filled database of an earlier commit: runs that commit's own service, plays a small market through its doors, dumps it.

    git worktree add ../ocop-old 8982c5f          # a work tree of that commit
    .venv/bin/python tests/migrations/make_filled_dump.py ../ocop-old tests/migrations

Takes a minute. Needs a Python environment with that commit's requirements; today's does while they are the same. It writes
`filled_8982c5f.sql.gz`, `filled_8982c5f.json` (what the old code said about its own data) and `filled_8982c5f_export.zip`.
The course of the market is the same on every run; ids and times are new. It imports nothing of the service, so no refactoring reaches it.
All people, passwords and keys are invented for the tests.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
from websockets.sync.client import connect

COMMIT = "8982c5f"
SECRET_KEY = "secret-of-the-filled-dump-for-tests-only"
PASSWORD = "cho-phien-thu-2026"
# Nothing in the dump may run off by itself, however old it gets: half a century.
_FOREVER_HOURS = 24 * 365 * 50
_READY_SECONDS = 90.0
_FINAL_SECONDS = 60.0
_ADDRESS = {"province_code": 42, "ward_code": 18547, "street": "Thôn Thử 3"}


@dataclass
class Service:
    """The old service while it runs."""

    port: int
    data_dir: Path

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1"


@dataclass
class Person:
    """A browser: of staff once it has signed in, of a viewer once it has a ticket."""

    service: Service
    login: str = ""
    phone: str = ""
    device_id: str = ""
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=20))

    def ask(self, method: str, path: str, **body: Any) -> Any:
        answer = self.http.request(method, self.service.base + path, json=body if method != "GET" else None)
        if answer.status_code >= 300:
            raise RuntimeError(f"{method} {path} was answered {answer.status_code}: {answer.text}")
        return answer.json() if "json" in answer.headers["content-type"] else answer.content

    def sign_in(self, login: str) -> Person:
        self.login = login
        self.ask("POST", "/login", login=login, password=PASSWORD)
        return self

    def enter(self, session_id: str) -> Person:
        self.device_id = self.ask("POST", f"/sessions/{session_id}/tickets")["device_id"]
        return self

    def says(self, session_id: str, *commands: dict[str, Any], door: str = "", token: str = "") -> None:
        """Over a socket of its own: hello, then each command, each answered before the next."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        headers = {"Authorization": f"Bearer {token}"} if token else {"Cookie": cookies}
        with connect(f"ws://127.0.0.1:{self.service.port}/ws/sessions/{session_id}{door}", additional_headers=headers) as opened:
            for number, command in enumerate(({"type": "viewer.hello", "version": 1}, *commands)):
                opened.send(json.dumps({"id": f"c{number}", **command}))
                deadline = time.monotonic() + 10
                while (answer := json.loads(opened.recv(timeout=deadline - time.monotonic()))).get("id") != f"c{number}":
                    pass
                if answer["type"] == "command.failed":
                    raise RuntimeError(f"{command} was answered {answer}")
            time.sleep(1.5)  # likes and views are counted by the tick

    def orders(self, session_id: str, lines: dict[str, int], *, payment: str = "cod", note: str = "") -> dict[str, Any]:
        buyer = {"name": f"Người Thử {self.phone[-3:]}", "phone": self.phone, "address": _ADDRESS, "note": note}
        wanted = [{"offer_id": offer_id, "quantity": quantity} for offer_id, quantity in lines.items()]
        receipt: dict[str, Any] = self.ask(
            "POST", f"/sessions/{session_id}/orders", key=str(uuid.uuid4()), lines=wanted, buyer=buyer, payment=payment
        )
        return receipt


@dataclass
class House:
    """An organisation with its people and goods."""

    service: Service
    organisation_id: str
    organiser: Person
    host: Person
    product_ids: list[str] = field(default_factory=list)
    sessions: dict[str, str] = field(default_factory=dict)

    def session(self, title: str, to: tuple[str, ...] = ()) -> str:
        ask = self.organiser.ask
        host_id = self.host.ask("GET", "/me")["id"]
        planned = "2026-12-05T08:00:00+07:00"
        session_id: str = ask("POST", "/sessions", title=title, host_id=host_id, planned_start_at=planned)["id"]
        ask("PUT", f"/sessions/{session_id}/products", product_ids=self.product_ids)
        for state in to:
            self.move(session_id, state)
        self.sessions[session_id] = title
        return session_id

    def move(self, session_id: str, state: str) -> None:
        self.organiser.ask("POST", f"/sessions/{session_id}/transitions", to=state)

    def offer(self, session_id: str, product: int, price_vnd: int, **more: Any) -> str:
        content = {"product_id": self.product_ids[product], "flash_price_vnd": price_vnd, "per_viewer_limit": 5, "duration_seconds": 21_600}
        offer_id: str = self.host.ask(
            "POST", f"/sessions/{session_id}/offers", **{"total_quantity": 40, "open_now": True} | content | more
        )["id"]
        return offer_id

    def step(self, session_id: str, order: dict[str, Any], *kinds: str, reason: str = "") -> None:
        for kind in kinds:
            self.host.ask("POST", f"/sessions/{session_id}/orders/{order['order_id']}/steps", kind=kind, reason=reason)

    def pay(self, reference: str, amount_vnd: int, order: dict[str, Any] | None = None) -> dict[str, Any]:
        order_id = order["order_id"] if order else None
        booked: dict[str, Any] = self.organiser.ask(
            "POST", "/payments", order_id=order_id, reference=reference, amount_vnd=amount_vnd, received_at="2026-11-28T09:00:00+07:00"
        )
        return booked


def sell(house: House, session_id: str, first_phone: int) -> None:
    """The course of one session on air: every state of an order, every state of a waitlist entry that comes without waiting."""
    viewers = [Person(house.service, phone=f"09000{first_phone + number:05d}").enter(session_id) for number in range(8)]
    house.host.ask("POST", f"/sessions/{session_id}/pin", product_id=house.product_ids[0])
    honey = house.offer(session_id, 0, 129_000)
    candy = house.offer(session_id, 1, 49_000, buffer_quantity=5)
    hurried = house.offer(session_id, 1, 45_000, hold_seconds=0)
    scarce = house.offer(session_id, 2, 99_000, total_quantity=3)
    house.offer(session_id, 2, 95_000, open_now=False)
    viewers[0].says(session_id, {"type": "comment.post", "text": "Mật ong này có thật không ạ?"}, {"type": "like.send", "count": 7})
    viewers[1].says(session_id, {"type": "comment.post", "text": "Gọi em số 0900000000 nhé"})
    house.host.says(
        session_id,
        {"type": "comment.post", "text": "Dạ thật ạ!"},
        {"type": "outside_count.report", "source": "tiktok", "viewers": 31},
        door="/board",
    )
    placed = [viewer.orders(session_id, {honey: 1 + number % 2, candy: 1}) for number, viewer in enumerate(viewers)]
    house.step(session_id, placed[1], "confirmed")
    house.step(session_id, placed[2], "confirmed", "delivered")
    house.pay(f"COD-{session_id[:8]}-2", placed[2]["total_vnd"], placed[2])
    house.step(session_id, placed[3], "confirmed", "delivered", "returned", reason="refused")
    house.step(session_id, placed[4], "cancelled", reason="no_answer")
    sold_out(house, session_id, scarce, viewers)
    transfers(house, session_id, viewers, good=candy, hurried=hurried)
    house.host.ask("POST", f"/sessions/{session_id}/offers/{candy}/end")
    house.organiser.ask("GET", f"/sessions/{session_id}/orders/{placed[0]['order_id']}")


def sold_out(house: House, session_id: str, offer_id: str, viewers: list[Person]) -> None:
    """Two wait for what the first gives back: one is served, one stays called, the last waits on."""
    taken = [viewers[0].orders(session_id, {offer_id: 1}) for _ in range(3)]
    for viewer in viewers[5:8]:
        viewer.says(session_id, {"type": "waitlist.join", "offer_id": offer_id, "quantity": 1})
    house.step(session_id, taken[0], "cancelled", reason="wrong_number")
    viewers[5].orders(session_id, {offer_id: 1})
    house.step(session_id, taken[1], "cancelled", reason="no_answer")


def transfers(house: House, session_id: str, viewers: list[Person], *, good: str, hurried: str) -> None:
    """Paid, refunded, expired; and one payment of each matter for the work list."""
    paid, back, over = (viewer.orders(session_id, {good: 2}, payment="transfer") for viewer in viewers[:3])
    late = viewers[3].orders(session_id, {hurried: 1}, payment="transfer")
    house.pay(f"FT-{session_id[:8]}-1", paid["total_vnd"], paid)
    house.pay(f"FT-{session_id[:8]}-2", back["total_vnd"], back)
    house.step(session_id, back, "cancelled", "refunded", reason="changed_mind")
    house.pay(f"FT-{session_id[:8]}-3", over["total_vnd"] + 1_000, over)
    under = viewers[4].orders(session_id, {good: 1})
    house.pay(f"FT-{session_id[:8]}-4", under["total_vnd"] - 1_000, under)
    wait_for("an order to expire", 15, lambda: state_of(house, session_id, late) == "expired")
    house.pay(f"FT-{session_id[:8]}-5", late["total_vnd"], late)
    unmatched = house.pay(f"FT-{session_id[:8]}-6", 123_000)
    house.organiser.ask("POST", f"/payments/{unmatched['payment_id']}/settlement", words="Đã hoàn lại tiền")


def state_of(house: House, session_id: str, order: dict[str, Any]) -> str:
    found: str = house.organiser.ask("GET", f"/sessions/{session_id}/orders/{order['order_id']}")["state"]
    return found


def has_final_figures(house: House, session_id: str) -> bool:
    return bool(house.organiser.ask("GET", f"/sessions/{session_id}/report")["figures_are"] == "final")


def wait_for(what: str, seconds: float, is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.3)


def furnish(house: House, names: tuple[str, ...]) -> None:
    """Two producers and their goods."""
    for number, name in enumerate(names):
        producer = house.organiser.ask(
            "POST", "/producers", name=f"Hợp tác xã Thử {name}", kind="cooperative", tax_code=f"30001234{number:02d}",
            story="Ba mươi hộ dưới chân núi.", province_code=42, commune_code=18547,
        )  # fmt: skip
        for product in range(2):
            made = house.organiser.ask(
                "POST", "/products", producer_id=producer["id"], name=f"{name} loại {product + 1}", price_vnd=180_000, unit="hũ 500 g",
                weight_grams=780, ocop_stars=4, certificate_number="215/QĐ-UBND", certified_on="2025-09-23",
                pictures=[{"path": "/static/pictures/mat-ong.svg", "alt": "Hũ mật ong"}],
            )  # fmt: skip
            house.product_ids.append(made["id"])


def play(service: Service, houses: list[House]) -> None:
    """Sessions of every state in the first house, a live one in the second."""
    first, second = houses
    furnish(first, ("Mật ong", "Cu đơ"))
    furnish(second, ("Cam",))
    first.session("Phiên nháp")
    first.session("Phiên đã lên lịch", ("scheduled",))
    over = [first.session("Phiên đã kết thúc", ("scheduled", "live")), first.session("Phiên đã khoá sổ", ("live",))]
    live = first.session("Phiên đang phát", ("scheduled", "live"))
    for number, session_id in enumerate((*over, live)):
        sell(first, session_id, 100 * (number + 1))
    other = second.session("Phiên nhà khác", ("live",))
    tea = second.offer(other, 0, 59_000)
    Person(service, phone="0900000999").enter(other).orders(other, {tea: 2}, note="Giao buổi chiều")
    token = first.organiser.ask("POST", f"/sessions/{live}/bridge-tokens", label="Máy đọc thử")["token"]
    first.organiser.says(live, {"type": "outside_count.report", "source": "youtube", "viewers": 12}, door="/bridge", token=token)
    for session_id in over:
        first.move(session_id, "ended")
    first.move(over[1], "closed")
    for session_id in over:
        wait_for("final figures", _FINAL_SECONDS, partial(has_final_figures, first, session_id))
    time.sleep(16)  # one checkpoint of the live sessions


def said_about(house: House, session_id: str) -> dict[str, Any]:
    """What the old code reports: the money of every session, and all headline figures of those that are final."""
    ask = house.organiser.ask
    report = ask("GET", f"/sessions/{session_id}/report")
    step = ("orders", "units", "amount_vnd", "losses", "waiting_orders", "waiting_amount_vnd")
    orders = ask("GET", f"/sessions/{session_id}/orders?limit=200")["orders"]
    said = {
        "title": house.sessions[session_id],
        "login": house.organiser.login,
        "state": report["state"],
        "ladder": {each["name"]: {name: each[name] for name in step} for each in report["ladder"]},
        "products": {each["product_id"]: each["sales"] for each in report["products"]},
        "producers": {each["producer_id"]: each["sales"] for each in report["producers"]},
        "orders": {
            each["order_id"]: {name: each[name] for name in ("number", "state", "payment", "total_vnd", "units")} for each in orders
        },
        "offers": {each["id"]: each["remaining"] for each in ask("GET", f"/sessions/{session_id}/offers")["offers"]},
        "headline": {each["name"]: each["value"] for each in report["headline"]} if report["figures_are"] == "final" else {},
        "checks": [check["name"] for check in report["reconciliation"]["checks"] if not check["ok"]],
    }
    if said["state"] == "closed":
        said["statement"] = ask("GET", f"/sessions/{session_id}/statement")
    return said


@contextlib.contextmanager
def running(checkout: Path) -> Iterator[tuple[Service, list[House]]]:
    """The service of the checkout with stores of its own in a new folder, two organisations in it."""
    with tempfile.TemporaryDirectory(prefix="ocop-dump-") as folder, socket.socket() as probe:
        Path(folder).chmod(0o711)
        probe.bind(("127.0.0.1", 0))
        service = Service(probe.getsockname()[1], Path(folder) / "data")
        probe.close()
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("OCOP_", "DATABASE_", "REDIS_"))}  # noqa: TID251 - a program of its own
        environment |= {
            "OCOP_DATA_DIR": str(service.data_dir), "OCOP_HOST": "127.0.0.1", "OCOP_PORT": str(service.port), "OCOP_WORKERS": "1",
            "OCOP_SECRET_KEY": SECRET_KEY, "OCOP_ORDERS__COD_CONFIRM_HOURS": str(_FOREVER_HOURS),
            "OCOP_ORDERS__WAITLIST_CALL_SECONDS": str(_FOREVER_HOURS * 3600), "PYTHONPATH": str(checkout),
        }  # fmt: skip
        logins = [own_people(checkout, environment, name) for name in ("hatinh", "khac")]
        with (Path(folder) / "service.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "run", "--no-demo"], cwd=checkout, env=environment, stdout=log, stderr=log
            )
            try:
                wait_for("the service", _READY_SECONDS, lambda: is_ready(service, process))
                yield (
                    service,
                    [
                        House(service, found, Person(service).sign_in(organiser), Person(service).sign_in(host))
                        for found, (organiser, host) in logins
                    ],
                )
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(30)


def own_people(checkout: Path, environment: dict[str, str], name: str) -> tuple[str, tuple[str, str]]:
    """An organisation, its organiser and its host; id and logins."""

    def ocop(*arguments: str, said: str = "") -> str:
        command = [sys.executable, "-m", "app.cli", *arguments]
        done = subprocess.run(command, cwd=checkout, env=environment, input=said, capture_output=True, text=True, check=True)
        return done.stdout.strip().splitlines()[-1]

    organisation_id = ocop("create-organisation", f"Ban tổ chức thử {name}")
    logins = (f"bantochuc.{name}", f"nguoidan.{name}")
    for login, role in zip(logins, ("organiser", "host"), strict=True):
        ocop(
            "create-user",
            "--organisation",
            organisation_id,
            "--login",
            login,
            "--name",
            f"Người Thử {role}",
            "--role",
            role,
            said=f"{PASSWORD}\n",
        )
    return organisation_id, logins


def is_ready(service: Service, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise RuntimeError((service.data_dir.parent / "service.log").read_text())
    with contextlib.suppress(httpx2.HTTPError):
        return httpx2.get(f"http://127.0.0.1:{service.port}/readyz", timeout=5).status_code == 200
    return False


def dump(service: Service) -> str:
    """Everything as SQL, without owners and grants, so that it loads as whoever owns the test's database."""
    pg_dump = next(Path(sys.prefix).rglob("pginstall/bin/pg_dump"))
    address = f"postgresql://ocop@/ocop?host={service.data_dir / 'pg'}"
    command = [str(pg_dump), "--no-owner", "--no-privileges", "--dbname", address]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def git(checkout: Path, *arguments: str) -> str:
    command = [shutil.which("git") or "git", "-C", str(checkout), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def main(checkout: Path, folder: Path) -> None:
    found, changed = git(checkout, "rev-parse", "HEAD"), git(checkout, "status", "--porcelain", "app", "migrations")
    if not found.startswith(COMMIT) or changed:
        raise SystemExit(f"{checkout} is at {found[:7]}{' with changes' if changed else ''}; it must be {COMMIT} as it was")
    with running(checkout.resolve()) as (service, houses):
        play(service, houses)
        said = {session_id: said_about(house, session_id) for house in houses for session_id in house.sessions}
        text = dump(service)
        again = {session_id: said_about(house, session_id) for house in houses for session_id in house.sessions}
        if said != again:
            raise RuntimeError("something moved while the dump was made; run it again")
        closed = next(session_id for session_id, each in said.items() if each["state"] == "closed")
        export = houses[0].organiser.ask("GET", f"/sessions/{closed}/export.zip")
    record = {"commit": found, "secret_key": SECRET_KEY, "password": PASSWORD, "sessions": said}
    (folder / f"filled_{COMMIT}.sql.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    (folder / f"filled_{COMMIT}.json").write_text(json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    (folder / f"filled_{COMMIT}_export.zip").write_bytes(export)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
