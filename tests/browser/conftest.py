"""A real service with two workers and real Chromium pages that fail on any complaint in their console; screenshots on the way."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import APIResponse, Browser, BrowserContext, BrowserType, ConsoleMessage, Page, sync_playwright

from app.installation.cluster_note import read_note
from app.local_servers.key_file import KeyFile
from app.rehearsal.demo_accounts import DemoAccounts, read_demo_accounts
from app.settings import PROJECT_ROOT, child_environment
from tests.browser.small_png import smaller_png
from tests.conftest import TEMPLATE_DATABASE, make_server_folder
from tests.local_servers.service_process import free_port, service

# `OCOP_CHROMIUM` names another Chromium than Debian's.
CHROMIUM = child_environment({}).get("OCOP_CHROMIUM", "/usr/bin/chromium")
CHROMIUM_ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PHONE, TABLET, DESK = (390, 844), (820, 1180), (1440, 900)
SCREENSHOTS = PROJECT_ROOT / "build" / "screenshots"
PUBLISHED_SCREENSHOTS = PROJECT_ROOT / "docs" / "screenshots"
PUBLISHED_MOST_BYTES = 200 * 1024
PUBLISHED = {"viewer-390", "viewer-1440", "board-390", "board-1440", "report-390", "report-1440"}

_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-screenshots", action="store_true", help="copy the README's screenshots from build/ to docs/screenshots")
    parser.addoption("--cluster", action="store_true", help="the service that most tests share is `ocop run-cluster`; needs HAProxy")


@dataclass
class Desk:
    """The organiser's hands: calls to the API with the organiser's login."""

    context: BrowserContext
    base: str

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        request = self.context.request
        # Playwright would send "null" for a body that is None.
        answer: APIResponse = (
            request.fetch(self.base + path, method=method) if body is None else request.fetch(self.base + path, method=method, data=body)
        )
        assert answer.ok, f"{method} {path}: {answer.status} {answer.text()}"
        return answer.json() if answer.text() else None

    def product_ids(self) -> list[str]:
        return [product["id"] for product in self.call("GET", "/api/v1/products")["items"]]

    def make_session(self, *, title: str = "Chợ phiên thử", products: int = 4, live: bool = True, host_id: str | None = None) -> str:
        content = {"title": title} | ({} if host_id is None else {"host_id": host_id})
        session_id: str = self.call("POST", "/api/v1/sessions", content)["id"]
        self.call("PUT", f"/api/v1/sessions/{session_id}/products", {"product_ids": self.product_ids()[:products]})
        if live:
            self.move(session_id, "live")
        return session_id

    def move(self, session_id: str, to: str) -> None:
        self.call("POST", f"/api/v1/sessions/{session_id}/transitions", {"to": to})

    def open_offer(self, session_id: str, *, total: int = 5, limit: int = 3, price_vnd: int = 40_000) -> dict[str, Any]:
        """An open flash offer for the session's first product, which is pinned."""
        product_id = self.call("GET", f"/api/v1/sessions/{session_id}")["products"][0]["id"]
        self.call("POST", f"/api/v1/sessions/{session_id}/pin", {"product_id": product_id})
        offer: dict[str, Any] = self.call(
            "POST",
            f"/api/v1/sessions/{session_id}/offers",
            {
                "product_id": product_id,
                "flash_price_vnd": price_vnd,
                "total_quantity": total,
                "per_viewer_limit": limit,
                "duration_seconds": 600,
                "open_now": True,
            },
        )
        return offer


@dataclass
class Market:
    """The running service as the tests see it."""

    base: str
    accounts: DemoAccounts
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    # Parts of complaints that a test provokes on purpose.
    expected: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def context(self, size: tuple[int, int], *, theme: str = "light") -> BrowserContext:
        """A person of their own: own cookies, own memory."""
        width, height = size
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce"
        )
        return self.welcome(context)

    def welcome(self, context: BrowserContext) -> BrowserContext:
        """Takes part from now on: what its pages complain about fails the test."""
        context.on("console", self._listen)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.contexts.append(context)
        return context

    def page(self, size: tuple[int, int] = PHONE, *, theme: str = "light") -> Page:
        return self.context(size, theme=theme).new_page()

    def desk(self) -> Desk:
        desk = Desk(self.context(DESK), self.base)
        account = self.accounts.organiser
        desk.call("POST", "/api/v1/login", {"login": account.login, "password": account.password})
        return desk

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")


@dataclass(frozen=True)
class Served:
    """A running service, its accounts, and the environment in which its other commands find it."""

    base: str
    accounts: DemoAccounts
    environment: dict[str, str]


Databases = Callable[[str], str]
Serve = Callable[..., AbstractContextManager[Served]]


@pytest.fixture(scope="session")
def serve(redis_url: str, session_database: Databases) -> Serve:
    """Starts a real service with the demo market's goods and accounts; further settings by their environment names."""

    @contextmanager
    def start(**settings: str) -> Iterator[Served]:
        folder = make_server_folder()
        name = f"browser-{next(_numbers)}"
        environment = {
            "DATABASE_URL": session_database(name.replace("-", "_")),
            "REDIS_URL": redis_url,
            "OCOP_REDIS_PREFIX": name,
            "OCOP_SECRET_KEY": uuid4().hex + uuid4().hex,
            "OCOP_DATA_DIR": str(folder),
            "OCOP_PORT": str(free_port()),
            **settings,
        }
        try:
            command = [sys.executable, "-m", "app.cli", "seed"]
            subprocess.run(command, env=child_environment(environment), cwd=PROJECT_ROOT, check=True, capture_output=True, timeout=60)
            accounts = read_demo_accounts(folder)
            assert accounts is not None
            with service(folder, port=int(environment["OCOP_PORT"]), **environment) as process:
                process.wait_until_ready(within=120.0)
                yield Served(f"http://127.0.0.1:{process.port}", accounts, child_environment(environment))
        finally:
            shutil.rmtree(folder)

    return start


@pytest.fixture(scope="session")
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    """The service that most tests share: one machine's, or with `--cluster` two nodes behind HAProxy on replicated stores."""
    if request.config.getoption("--cluster"):
        with a_cluster() as running:
            yield running
        return
    start: Serve = request.getfixturevalue("serve")
    with start() as running:
        yield running


@contextmanager
def a_cluster() -> Iterator[Served]:
    """`ocop run-cluster` with the demo market's goods and accounts."""
    folder = make_server_folder()
    try:
        with service(folder, command=("run-cluster",), OCOP_DEMO="false", OCOP_WORKERS="1") as process:
            process.wait_until_ready(within=180.0)
            data_dir = folder / "cluster"
            note = read_note(data_dir)
            assert note is not None
            environment = {
                "DATABASE_URL": note.database_owner_url,
                "REDIS_URL": note.redis_url,
                "OCOP_SECRET_KEY": KeyFile(data_dir).secrets()[0],
                "OCOP_DATA_DIR": str(data_dir),
                "OCOP_PORT": str(process.port),
            }
            command = [sys.executable, "-m", "app.cli", "seed"]
            subprocess.run(command, env=child_environment(environment), cwd=PROJECT_ROOT, check=True, capture_output=True, timeout=60)
            accounts = read_demo_accounts(data_dir)
            assert accounts is not None
            yield Served(f"http://127.0.0.1:{process.port}", accounts, child_environment(environment))
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def session_database(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Makes migrated databases that live as long as the run; dropped afterwards."""
    server = request.getfixturevalue("postgres_server")
    made: list[str] = []

    def make(name: str) -> str:
        database = f"ocop_test_{name}"
        server.run_sql(f"CREATE DATABASE {database} OWNER ocop TEMPLATE {TEMPLATE_DATABASE}")
        made.append(database)
        return str(server.url_of(database))

    yield make
    for database in made:
        server.run_sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


@pytest.fixture(scope="session")
def chromium() -> Iterator[BrowserType]:
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="session")
def browser(chromium: BrowserType) -> Iterator[Browser]:
    started = chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
    yield started
    started.close()


@contextmanager
def people_at(served: Served, browser: Browser) -> Iterator[Market]:
    """A service with a fresh set of people; fails when any of their pages complained."""
    opened = Market(served.base, served.accounts, browser)
    yield opened
    for context in opened.contexts:
        context.close()
    assert [each for each in opened.complaints if not any(part in each for part in opened.expected)] == []


@pytest.fixture
def market(served: Served, browser: Browser) -> Iterator[Market]:
    """The shared service with a fresh set of people."""
    with people_at(served, browser) as opened:
        yield opened


@pytest.fixture
def shoot(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Write what a page shows to build/screenshots; with --update-screenshots the README's ones to docs/screenshots too."""

    def take(page: Page, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path: Path = SCREENSHOTS / f"{name}.png"
        page.screenshot(path=path)
        if request.config.getoption("--update-screenshots") and name in PUBLISHED:
            PUBLISHED_SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            small = smaller_png(path.read_bytes())
            assert len(small) <= PUBLISHED_MOST_BYTES, name
            (PUBLISHED_SCREENSHOTS / path.name).write_bytes(small)

    return take
