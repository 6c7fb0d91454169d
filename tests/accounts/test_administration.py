"""The first organisation and its logins, made at the command line as somebody would before the first start in production."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable
from uuid import UUID, uuid4

import pyotp
import pytest

from app.accounts import administration
from app.accounts.errors import LoginFailed, SecondFactorNeeded
from app.accounts.household import household
from app.accounts.own_account import Asking
from app.accounts.permissions import Role
from app.accounts.service import AccountService, CurrentUser, NewUser
from app.errors import AppError
from app.infra.database import Database, open_database
from app.infra.key_ring import KeyRing
from app.infra.redis_client import open_redis
from app.infra.startup import StartupError
from app.settings import PROJECT_ROOT, child_environment, load_settings
from tests.accounts.builders import rows
from tests.people import PASSWORD

NAME = "Ban tổ chức Chợ phiên OCOP Hà Tĩnh"


class Ocop:
    """The command `ocop` on the stores of the test, and what it does, without a process of its own."""

    def __init__(self, postgres_url: str, redis_url: str, prefix: str) -> None:
        self.urls = {"DATABASE_URL": postgres_url, "REDIS_URL": redis_url, "OCOP_REDIS_PREFIX": prefix}
        self.settings = load_settings(database_url=postgres_url, redis_url=redis_url, redis_prefix=prefix)

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

    def user(self, organisation: str, *, role: str = "organiser", password: str = PASSWORD) -> tuple[int, str]:
        options = ["--organisation", organisation, "--login", "Ban.Mai", "--name", "Trần Thị Ban Mai", "--role", role]
        return self("create-user", *options, says=f"{password}\n")

    async def makes_organisation(self, name: str) -> UUID:
        return await asyncio.to_thread(administration.create_organisation, self.settings, name)

    async def makes_user(self, organisation: str, login: str, *, role: Role = "organiser", password: str = PASSWORD) -> CurrentUser:
        new = NewUser(login=login, display_name="Lê Ngọc Lan", role=role, password=password)
        return await asyncio.to_thread(administration.create_user, self.settings, organisation, new)


@pytest.fixture
def ocop(postgres_url: str, redis_url: str, redis_prefix: str) -> Ocop:
    return Ocop(postgres_url, redis_url, redis_prefix)


async def test_the_first_organiser_can_sign_in(ocop: Ocop, postgres_url: str, redis_url: str, redis_prefix: str) -> None:
    code, organisation_id = ocop("create-organisation", f"  {NAME} ")
    assert code == 0
    by_name = ocop.user(NAME)
    by_id = await ocop.makes_user(str(UUID(organisation_id)), "ngoc.lan", role="host", password="bưởi-phúc-trạch")

    assert by_name == (0, f"ban.mai (organiser) of {NAME}")
    assert (by_id.login, by_id.role, by_id.organisation_name) == ("ngoc.lan", "host", NAME)
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


async def refusal(asked: Awaitable[object]) -> str:
    """What the command would print; `main` adds only its name."""
    with pytest.raises((StartupError, AppError)) as refused:
        await asked
    return str(refused.value)


async def test_every_refusal_is_one_line_and_leaves_nothing(ocop: Ocop, database: Database) -> None:
    await ocop.makes_organisation(NAME)
    await ocop.makes_user(NAME, "ban.mai")

    code, said = ocop.user(NAME, password="ngắn")
    refusals = [
        said.removeprefix("ocop: "),
        await refusal(ocop.makes_organisation("   ")),
        await refusal(ocop.makes_organisation(NAME)),
        await refusal(ocop.makes_user("Không có đơn vị này", "moi")),
        await refusal(ocop.makes_user(str(uuid4()), "moi")),
        await refusal(ocop.makes_user(NAME, "Ban.Mai")),
        await refusal(ocop.makes_user(NAME, "moi", password="")),
        await refusal(ocop.makes_user(NAME, "có dấu cách")),
    ]

    assert (code, said[:6]) == (1, "ocop: ")
    assert all(each and each.count("\n") == 0 for each in refusals), refusals
    assert not any("ngắn" in each for each in refusals)
    assert ocop.user(NAME, role="owner")[0] == 2
    assert [dict(row) for row in await rows(database, "SELECT login FROM users")] == [{"login": "ban.mai"}]
    assert len(await rows(database, "SELECT 1 FROM organisations")) == 1


def admin_of(ocop: Ocop, organisation: str, login: str, *, password: str = PASSWORD) -> tuple[int, str]:
    return ocop("admin", "create", "--organisation", organisation, "--login", login, "--name", "Ban Mai", says=f"{password}\n")


async def test_ocop_admin_makes_the_first_organiser_and_lets_a_lost_phone_be(
    ocop: Ocop, database: Database, postgres_url: str, redis_url: str, redis_prefix: str
) -> None:
    made = admin_of(ocop, f"  {NAME} ", "Ban.Mai")
    second = admin_of(ocop, NAME, "ngoc.lan")
    taken = admin_of(ocop, "Chợ phiên khác", "ban.mai")
    short = admin_of(ocop, "Chợ phiên khác", "moi", password="ngắn")

    assert (made, second) == ((0, f"ban.mai (organiser) of {NAME}"), (0, f"ngoc.lan (organiser) of {NAME}"))
    assert [(code, said.count("\n")) for code, said in (taken, short)] == [(1, 0), (1, 0)]
    # A login that cannot be made leaves no empty organisation.
    assert [row["name"] for row in await rows(database, "SELECT name FROM organisations")] == [NAME]

    ring = KeyRing("a secret of this test alone")
    async with open_redis(redis_url) as redis:
        house = household(database, redis, ring, prefix=redis_prefix)
        user = (await house.accounts.sign_in("ban.mai", PASSWORD, address="test")).user
        asking = Asking(digest=b"", address="test", device=None, browser="")
        begun = await house.own_account.begin_second_factor(user, asking, PASSWORD)
        await house.own_account.confirm_second_factor(user, asking, pyotp.TOTP(begun.secret).now())
        with pytest.raises(SecondFactorNeeded):
            await house.accounts.sign_in("ban.mai", PASSWORD, address="test")

        assert ocop("admin", "forget-second-factor", "--login", "Ban.Mai") == (0, "The password alone signs in now.")
        assert ocop("admin", "forget-second-factor", "--login", "ban.mai") == (0, "No second factor was on.")
        unknown = ocop("admin", "forget-second-factor", "--login", "khong.co")

        assert (await house.accounts.sign_in("ban.mai", PASSWORD, address="test")).user.id == user.id
    assert unknown == (1, "ocop: There is no active account with this login.")
    trail = "SELECT subject_id, user_id FROM audit_entries WHERE action = 'user.second_factor_forgotten'"
    assert [(row["subject_id"], row["user_id"]) for row in await rows(database, trail)] == [(str(user.id), None)]
