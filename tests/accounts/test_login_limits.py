"""How many failed logins are borne, by user name and by address, with Redis and without."""

from __future__ import annotations

import asyncio
import time

import pytest

from app.accounts.errors import LoginFailed, TooManyLogins
from app.accounts.login_limits import FAILURES_PER_ADDRESS, FAILURES_PER_LOGIN_AND_ADDRESS, WINDOW_SECONDS, network_of
from app.accounts.service import AccountService
from app.infra.database import Database
from app.infra.redis_client import RedisClients, open_redis
from tests.accounts.builders import ADDRESS, PASSWORD, a_user

NOBODY_LISTENS = "redis://127.0.0.1:18449/0"


async def fail(accounts: AccountService, times: int, *, login: str = "ban.mai", address: str = ADDRESS) -> None:
    for _ in range(times):
        with pytest.raises(LoginFailed):
            await accounts.sign_in(login, "a wrong password", address=address)


async def refused(accounts: AccountService, *, login: str = "ban.mai", address: str = ADDRESS) -> TooManyLogins:
    with pytest.raises(TooManyLogins) as refusal:
        await accounts.sign_in(login, PASSWORD, address=address)
    return refusal.value


async def test_login_is_refused_after_ten_wrong_passwords_even_with_the_right_one(accounts: AccountService) -> None:
    await a_user(accounts)
    await fail(accounts, FAILURES_PER_LOGIN_AND_ADDRESS)

    refusal = await refused(accounts)

    assert (refusal.code, refusal.http_status, refusal.details) == ("rate_limited", 429, {"limit": "login"})
    assert refusal.retry_after_seconds is not None
    assert WINDOW_SECONDS - 60 < refusal.retry_after_seconds <= WINDOW_SECONDS


async def test_wrong_passwords_from_elsewhere_never_lock_the_owner_out(accounts: AccountService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.accounts.login_limits.FAILURES_BEFORE_SLOWING", 12)
    monkeypatch.setattr("app.accounts.login_limits.SLOWED_SECONDS", 0.2)
    await a_user(accounts)
    for number in range(15):
        await fail(accounts, 1, address=f"198.51.100.{number}")

    started = time.monotonic()
    signed_in = await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)

    assert signed_in.user.login == "ban.mai"
    assert time.monotonic() - started >= 0.2


async def test_refused_user_name_does_not_stop_others_at_the_same_address(accounts: AccountService) -> None:
    await a_user(accounts)
    await a_user(accounts, "ha.linh", organisation="Another market")
    await fail(accounts, FAILURES_PER_LOGIN_AND_ADDRESS)

    signed_in = await accounts.sign_in("ha.linh", PASSWORD, address=ADDRESS)

    assert signed_in.user.login == "ha.linh"


async def test_address_is_refused_after_thirty_failures_of_any_names_and_other_addresses_are_not(accounts: AccountService) -> None:
    await a_user(accounts)
    for number in range(FAILURES_PER_ADDRESS):
        await fail(accounts, 1, login=f"guess{number}")

    assert (await refused(accounts)).details == {"limit": "address"}
    assert (await accounts.sign_in("ban.mai", PASSWORD, address="198.51.100.1")).token


async def test_refused_address_cannot_lock_out_another_users_name(accounts: AccountService) -> None:
    await a_user(accounts)
    for number in range(FAILURES_PER_ADDRESS):
        await fail(accounts, 1, login=f"guess{number}")

    for _ in range(FAILURES_PER_LOGIN_AND_ADDRESS):
        await refused(accounts)

    assert (await accounts.sign_in("ban.mai", PASSWORD, address="198.51.100.1")).token


async def test_right_password_starts_the_count_anew(accounts: AccountService) -> None:
    await a_user(accounts)
    await fail(accounts, FAILURES_PER_LOGIN_AND_ADDRESS - 1)

    await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)
    await fail(accounts, FAILURES_PER_LOGIN_AND_ADDRESS)

    assert (await refused(accounts)).details == {"limit": "login"}


async def test_successful_logins_do_not_use_up_an_address(accounts: AccountService) -> None:
    await a_user(accounts)

    for _ in range(FAILURES_PER_ADDRESS + 1):
        await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)


async def test_guesses_at_the_same_moment_cannot_pass_the_limit_together(accounts: AccountService) -> None:
    await a_user(accounts)

    tries = (accounts.sign_in("ban.mai", "a wrong password", address=ADDRESS) for _ in range(25))
    results = await asyncio.gather(*tries, return_exceptions=True)

    assert [type(result) for result in results].count(LoginFailed) == FAILURES_PER_LOGIN_AND_ADDRESS
    assert [type(result) for result in results].count(TooManyLogins) == 25 - FAILURES_PER_LOGIN_AND_ADDRESS


async def test_nodes_count_together(accounts: AccountService, database: Database, redis: RedisClients, redis_prefix: str) -> None:
    await a_user(accounts)
    other_node = AccountService(database, redis, redis_prefix=redis_prefix)
    await fail(accounts, FAILURES_PER_LOGIN_AND_ADDRESS // 2)
    await fail(other_node, FAILURES_PER_LOGIN_AND_ADDRESS // 2)

    assert (await refused(accounts)).details == {"limit": "login"}
    assert (await refused(other_node)).details == {"limit": "login"}


async def test_window_ends_fifteen_minutes_after_its_first_failure(
    accounts: AccountService, redis: RedisClients, redis_prefix: str
) -> None:
    await fail(accounts, 1)
    keys = [key async for key in redis.idempotent.scan_iter(f"{redis_prefix}:*")]
    for key in keys:
        await redis.once.pexpire(key, 60_000)

    await fail(accounts, 1)

    assert len(keys) == 3
    for key in keys:
        assert 0 < await redis.idempotent.pttl(key) <= 60_000


async def test_keys_tell_neither_user_name_nor_address(accounts: AccountService, redis: RedisClients, redis_prefix: str) -> None:
    await fail(accounts, 1)

    keys = [key async for key in redis.idempotent.scan_iter(f"{redis_prefix}:*")]

    assert keys
    assert not any("ban.mai" in key or ADDRESS in key for key in keys)


async def test_without_redis_login_still_works_and_failures_are_counted_in_the_process(database: Database, redis_prefix: str) -> None:
    async with open_redis(NOBODY_LISTENS) as away:
        accounts = AccountService(database, away, redis_prefix=redis_prefix)
        await a_user(accounts)

        assert (await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)).token
        await fail(accounts, FAILURES_PER_LOGIN_AND_ADDRESS)

        assert (await refused(accounts)).details == {"limit": "login"}


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("unknown", "unknown"),
    ],
)
def test_addresses_of_one_home_network_count_as_one(address: str, network: str) -> None:
    assert network_of(address) == network
