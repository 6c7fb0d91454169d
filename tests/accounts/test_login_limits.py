"""How many failed logins are borne, by user name and by address, with Redis and without."""

from __future__ import annotations

import asyncio
import time

import pytest

from app.accounts import login_limits
from app.accounts.errors import LoginFailed, TooManyLogins
from app.accounts.login_limits import AT_ONCE_PER_ADDRESS, AT_ONCE_PER_LOGIN_AND_ADDRESS, FREE_PER_LOGIN_AND_ADDRESS
from app.accounts.service import AccountService
from app.infra.client_networks import network_of
from app.infra.database import Database
from app.infra.redis_client import RedisClients, open_redis
from app.settings import load_settings
from tests.accounts.builders import ADDRESS, Delays, SmallApp, a_user
from tests.people import PASSWORD

NOBODY_LISTENS = "redis://127.0.0.1:18449/0"


# Failures beyond the free ones in most tests here, and the delay after them: 0.25 s doubled.
BEYOND, DELAY = 3, 0.25 * 2**3


async def fail(accounts: AccountService, times: int, *, login: str = "ban.mai", address: str = ADDRESS) -> None:
    for _ in range(times):
        with pytest.raises(LoginFailed):
            await accounts.sign_in(login, "a wrong password", address=address)


async def delay_of(accounts: AccountService, delays: Delays, *, address: str = ADDRESS, device: str | None = None) -> float:
    """Seconds that the right password had to wait; it was taken then."""
    signed_in = await accounts.sign_in("ban.mai", PASSWORD, address=address, device=device)
    assert signed_in.user.login == "ban.mai"
    return delays.seconds[asyncio.current_task()]


async def test_the_delay_is_really_waited_for_in_the_service(
    database: Database, redis: RedisClients, redis_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_limits, "FREE_PER_LOGIN_AND_ADDRESS", 0)
    accounts = AccountService(database, redis, redis_prefix=redis_prefix)
    await a_user(accounts)
    await fail(accounts, 1)

    started = time.monotonic()
    await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)

    assert time.monotonic() - started >= login_limits.FIRST_DELAY_SECONDS


def test_delays_double_up_to_a_bound_below_a_requests_deadline() -> None:
    delays = [login_limits.delay_after(failures) for failures in (-5, -1, 0, 1, 2, 5, 1_000_000)]

    assert delays == [0, 0, 0.25, 0.5, 1.0, 8.0, 8.0]
    assert delays[-1] < load_settings().request_deadline_seconds / 1.5


async def test_right_password_gets_in_after_the_delay_however_many_were_wrong_from_the_same_address(
    accounts: AccountService, delays: Delays
) -> None:
    await a_user(accounts)
    await fail(accounts, FREE_PER_LOGIN_AND_ADDRESS + BEYOND)

    assert await delay_of(accounts, delays) == DELAY


async def test_failures_of_an_address_slow_it_down_and_lock_nobody_behind_it_out(
    accounts: AccountService, delays: Delays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_limits, "FREE_PER_ADDRESS", 6)
    await a_user(accounts)
    for number in range(6 + BEYOND):
        await fail(accounts, 1, login=f"guess{number}")

    assert await delay_of(accounts, delays) == DELAY
    assert await delay_of(accounts, delays, address="198.51.100.1") == 0


async def test_wrong_passwords_from_elsewhere_only_slow_the_owner_down(
    accounts: AccountService, delays: Delays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_limits, "FREE_PER_LOGIN", 6)
    await a_user(accounts)
    for number in range(6 + BEYOND):
        await fail(accounts, 1, address=f"198.51.100.{number}")

    assert await delay_of(accounts, delays) == DELAY


async def test_a_known_device_is_not_slowed_down_by_whoever_guesses_behind_the_same_address(
    accounts: AccountService, delays: Delays
) -> None:
    await a_user(accounts)
    known = (await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)).device
    await fail(accounts, FREE_PER_LOGIN_AND_ADDRESS + BEYOND)

    assert await delay_of(accounts, delays, device=known) == 0
    await fail(accounts, FREE_PER_LOGIN_AND_ADDRESS + BEYOND)
    assert await delay_of(accounts, delays, device="x" * 43) == DELAY


async def test_a_known_device_that_guesses_is_slowed_down_itself(accounts: AccountService, delays: Delays) -> None:
    await a_user(accounts)
    known = (await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)).device
    for _ in range(FREE_PER_LOGIN_AND_ADDRESS + BEYOND):
        with pytest.raises(LoginFailed):
            await accounts.sign_in("ban.mai", "a wrong password", address=ADDRESS, device=known)

    assert await delay_of(accounts, delays, device=known) == DELAY


async def test_a_browser_is_known_by_a_cookie_of_its_own(market: SmallApp) -> None:
    await a_user(market.accounts)
    async with market.browser() as browser:
        first = await browser.post("/api/v1/login", json={"login": "ban.mai", "password": PASSWORD})
        device = browser.cookies["ocop_device"]
        await browser.post("/api/v1/logout")
        again = await browser.post("/api/v1/login", json={"login": "ban.mai", "password": PASSWORD})

        assert (first.status_code, again.status_code, browser.cookies["ocop_device"]) == (200, 200, device)


async def test_no_more_wait_at_one_time_than_the_limit_and_a_known_device_passes_them(accounts: AccountService, delays: Delays) -> None:
    await a_user(accounts)
    known = (await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)).device
    await fail(accounts, FREE_PER_LOGIN_AND_ADDRESS + BEYOND)

    delays.may_pass.clear()
    tries = [asyncio.ensure_future(accounts.sign_in("ban.mai", "a wrong password", address=ADDRESS)) for _ in range(25)]
    _ = await asyncio.wait(tries, return_when=asyncio.FIRST_COMPLETED)
    assert await delay_of(accounts, delays, device=known) == 0
    delays.may_pass.set()
    results = await asyncio.gather(*tries, return_exceptions=True)

    refused = [result for result in results if isinstance(result, TooManyLogins)]
    assert len(refused) == 25 - AT_ONCE_PER_LOGIN_AND_ADDRESS
    assert (refused[0].http_status, refused[0].code, refused[0].details) == (429, "rate_limited", {"limit": "login"})
    assert refused[0].retry_after_seconds
    assert [type(result) for result in results].count(LoginFailed) == AT_ONCE_PER_LOGIN_AND_ADDRESS


async def test_one_address_cannot_take_all_places_of_others(accounts: AccountService, delays: Delays) -> None:
    await a_user(accounts)

    tries = [asyncio.ensure_future(accounts.sign_in(f"guess{number}", "wrong", address=ADDRESS)) for number in range(60)]
    _ = await asyncio.wait(tries, return_when=asyncio.FIRST_COMPLETED)
    assert await delay_of(accounts, delays, address="198.51.100.1") == 0
    results = await asyncio.gather(*tries, return_exceptions=True)

    assert [type(result) for result in results].count(TooManyLogins) >= 60 - AT_ONCE_PER_ADDRESS - 5


async def test_right_password_starts_the_count_anew(accounts: AccountService, delays: Delays) -> None:
    await a_user(accounts)
    await fail(accounts, FREE_PER_LOGIN_AND_ADDRESS + BEYOND)
    await delay_of(accounts, delays)

    assert await delay_of(accounts, delays) == 0


async def test_nodes_count_together(
    accounts: AccountService, delays: Delays, database: Database, redis: RedisClients, redis_prefix: str
) -> None:
    await a_user(accounts)
    other_node = AccountService(database, redis, redis_prefix=redis_prefix, sleep=delays)
    await fail(accounts, FREE_PER_LOGIN_AND_ADDRESS)
    await fail(other_node, BEYOND)

    assert await delay_of(accounts, delays) == DELAY


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


async def test_without_redis_login_still_works_and_failures_are_counted_in_the_process(
    database: Database, redis_prefix: str, delays: Delays
) -> None:
    async with open_redis(NOBODY_LISTENS) as away:
        accounts = AccountService(database, away, redis_prefix=redis_prefix, sleep=delays)
        await a_user(accounts)

        await fail(accounts, FREE_PER_LOGIN_AND_ADDRESS + BEYOND)

        assert await delay_of(accounts, delays) == DELAY


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
