"""What checking a password costs, and whom it holds up."""

from __future__ import annotations

import asyncio
import time

import pytest

from app.accounts.passwords import Passwords
from app.errors import Unavailable


async def _fastest(passwords: Passwords, password_hash: str | None) -> float:
    """Processor seconds of the fastest of seven checks: what else runs on the machine does not count in."""
    times = []
    for _ in range(7):
        began = time.process_time()
        await passwords.check("a wrong password", password_hash)
        times.append(time.process_time() - began)
    return min(times)


async def test_unknown_login_takes_as_long_as_a_wrong_password() -> None:
    passwords = Passwords()
    known = await passwords.hash("the right password")

    ratio = await _fastest(passwords, None) / await _fastest(passwords, known)

    assert 0.5 < ratio < 2


async def test_unknown_login_is_never_right() -> None:
    assert not (await Passwords().check("anything", None)).matches


async def test_loop_goes_on_while_passwords_are_checked() -> None:
    passwords = Passwords()
    known = await passwords.hash("the right password")
    turns = 0

    checks = asyncio.gather(*(passwords.check("the right password", known) for _ in range(4)))
    while not checks.done():
        turns += 1
        await asyncio.sleep(0.001)

    assert all(check.matches for check in await checks)
    assert turns > 10


async def test_flood_of_logins_is_turned_away_instead_of_queued_without_end() -> None:
    passwords = Passwords()

    works = [passwords.check("x", None) for _ in range(40)] + [passwords.hash("x") for _ in range(40)]
    results = await asyncio.gather(*works, return_exceptions=True)

    refused = [result for result in results if isinstance(result, Unavailable)]
    assert len(refused) == 80 - 64
    assert not (await passwords.check("x", None)).matches


async def test_same_password_never_has_the_same_hash() -> None:
    passwords = Passwords()

    with_one_salt, with_another = await passwords.hash("hai lần"), await passwords.hash("hai lần")

    assert with_one_salt != with_another


@pytest.mark.parametrize("password", ["", "\x00", "x" * 256, "🍊" * 64])
async def test_any_text_can_be_checked(password: str) -> None:
    passwords = Passwords()

    assert (await passwords.check(password, await passwords.hash(password))).matches
