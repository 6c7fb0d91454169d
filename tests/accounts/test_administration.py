"""The first organisation and its logins, made at the command line as somebody would before the first start in production."""

from __future__ import annotations

import subprocess
import sys
from uuid import UUID, uuid4

import pytest

from app.accounts.errors import LoginFailed
from app.accounts.service import AccountService
from app.infra.database import open_database
from app.infra.redis_client import open_redis
from app.settings import PROJECT_ROOT, child_environment, load_settings
from tests.accounts.builders import PASSWORD, rows

NAME = "Ban tổ chức Chợ phiên OCOP Hà Tĩnh"


class Ocop:
    """The command `ocop` on the stores of the test."""

    def __init__(self, postgres_url: str, redis_url: str, prefix: str) -> None:
        self.urls = {"DATABASE_URL": postgres_url, "REDIS_URL": redis_url, "OCOP_REDIS_PREFIX": prefix}

    def __call__(self, *arguments: str, says: str = "") -> tuple[int, str]:
        """Exit code, and what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            input=says,
            capture_output=True,
            text=True,
            env=child_environment({**self.urls, "OCOP_ENVIRONMENT": "production"}),
            cwd=PROJECT_ROOT,
            check=False,
        )
        return done.returncode, done.stdout.strip() or done.stderr.strip()

    def user(self, organisation: str, *, login: str = "Ban.Mai", role: str = "organiser", password: str = PASSWORD) -> tuple[int, str]:
        options = ["--organisation", organisation, "--login", login, "--name", "Trần Thị Ban Mai", "--role", role]
        return self("create-user", *options, says=f"{password}\n")


@pytest.fixture
def ocop(postgres_url: str, redis_url: str, redis_prefix: str) -> Ocop:
    return Ocop(postgres_url, redis_url, redis_prefix)


async def test_the_first_organiser_can_sign_in(ocop: Ocop, postgres_url: str, redis_url: str, redis_prefix: str) -> None:
    code, organisation_id = ocop("create-organisation", f"  {NAME} ")
    assert code == 0
    by_name, by_id = ocop.user(NAME), ocop.user(str(UUID(organisation_id)), login="ngoc.lan", role="host", password="bưởi-phúc-trạch")

    assert (by_name, by_id) == ((0, f"ban.mai (organiser) of {NAME}"), (0, f"ngoc.lan (host) of {NAME}"))
    settings = load_settings()
    async with open_database(postgres_url, settings.database) as database, open_redis(redis_url) as redis:
        accounts = AccountService(database, redis, redis_prefix=redis_prefix)
        organiser = (await accounts.sign_in("ban.mai", PASSWORD, address="test")).user
        host = (await accounts.sign_in("ngoc.lan", "bưởi-phúc-trạch", address="test")).user
        with pytest.raises(LoginFailed):
            await accounts.sign_in("ban.mai", "bưởi-phúc-trạch", address="test")
        audit = [row["action"] for row in await rows(database, "SELECT action FROM audit_entries ORDER BY id")]
    assert (organiser.role, host.role, organiser.organisation_id) == ("organiser", "host", UUID(organisation_id))
    assert audit[:3] == ["organisation.created", "user.created", "user.created"]


def test_every_refusal_is_one_line_and_leaves_nothing(ocop: Ocop) -> None:
    ocop("create-organisation", NAME)
    ocop.user(NAME)

    refusals = [
        ocop("create-organisation", "   "),
        ocop("create-organisation", NAME),
        ocop.user("Không có đơn vị này", login="moi"),
        ocop.user(str(uuid4()), login="moi"),
        ocop.user(NAME),
        ocop.user(NAME, login="moi", password="ngắn"),
        ocop.user(NAME, login="moi", password=""),
        ocop.user(NAME, login="có dấu cách"),
    ]

    assert [code for code, _ in refusals] == [1] * len(refusals)
    assert all(said.startswith("ocop: ") and said.count("\n") == 0 for _, said in refusals), refusals
    assert not any("ngắn" in said for _, said in refusals)
    assert ocop.user(NAME, login="moi", role="owner")[0] == 2
