"""Signing in and out, what is stored of it, and how long it lasts."""

from __future__ import annotations

import hashlib
import unicodedata

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from app.accounts.audit import insert_audit, record_audit
from app.accounts.errors import InvalidUser, LoginFailed, LoginTaken, OrganisationNotFound
from app.accounts.service import SIGN_INS_PER_USER, AccountService, NewUser
from app.infra.database import Database
from tests.accounts.builders import ADDRESS, Clock, a_user, rows, run
from tests.people import PASSWORD


async def test_right_password_opens_a_sign_in_that_leads_to_the_user(accounts: AccountService) -> None:
    user = await a_user(accounts)

    signed_in = await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)

    assert signed_in.user == user
    assert await accounts.user_for_token(signed_in.token) == user


async def test_case_and_blanks_of_a_login_do_not_matter(accounts: AccountService) -> None:
    user = await a_user(accounts, "Ban.Mai")

    signed_in = await accounts.sign_in("  BAN.mai ", PASSWORD, address=ADDRESS)

    assert signed_in.user == user
    assert user.login == "ban.mai"


async def test_password_fits_however_the_keyboard_composes_its_diacritics(accounts: AccountService) -> None:
    organisation_id = await accounts.create_organisation("Chợ phiên")
    await accounts.create_user(organisation_id, NewUser("mc", "Hà Linh", "host", unicodedata.normalize("NFC", "bưởi Phúc Trạch")))

    signed_in = await accounts.sign_in("mc", unicodedata.normalize("NFD", "bưởi Phúc Trạch"), address=ADDRESS)

    assert signed_in.user.role == "host"


@pytest.mark.parametrize(
    ("login", "password"), [("ban.mai", "wrong password"), ("nobody.here", PASSWORD), ("", ""), ("ban.mai\x00", PASSWORD)]
)
async def test_what_does_not_fit_is_refused_with_one_and_the_same_error(accounts: AccountService, login: str, password: str) -> None:
    await a_user(accounts)

    with pytest.raises(LoginFailed) as refusal:
        await accounts.sign_in(login, password, address=ADDRESS)

    assert (refusal.value.message, refusal.value.details) == (LoginFailed().message, {})


async def test_closed_account_cannot_sign_in_and_its_open_sign_ins_end(accounts: AccountService, database: Database) -> None:
    await a_user(accounts)
    token = (await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)).token

    await run(database, "UPDATE users SET is_active = false")

    assert await accounts.user_for_token(token) is None
    with pytest.raises(LoginFailed):
        await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)


async def test_token_is_not_stored_in_the_clear(accounts: AccountService, database: Database) -> None:
    await a_user(accounts)

    token = (await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)).token

    (stored,) = await rows(database, "SELECT * FROM sign_ins")
    assert stored["token_digest"] == hashlib.sha256(token.encode()).digest()
    users, audit = await rows(database, "SELECT * FROM users"), await rows(database, "SELECT * FROM audit_entries")
    everything = str([dict(row) for row in [stored, *users, *audit]])
    assert token not in everything
    assert PASSWORD not in everything


async def test_passwords_are_kept_as_argon2id_of_19_mib_and_two_passes(accounts: AccountService, database: Database) -> None:
    await a_user(accounts)

    (user,) = await rows(database, "SELECT password_hash FROM users")

    assert user["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_hash_of_older_parameters_is_renewed_by_the_next_sign_in(accounts: AccountService, database: Database) -> None:
    await a_user(accounts)
    weak = Argon2Hasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
    await run(database, "UPDATE users SET password_hash = :weak", weak=weak)

    await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)

    (user,) = await rows(database, "SELECT password_hash FROM users")
    assert user["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)).token


async def test_every_sign_in_has_a_new_token_and_the_browsers_old_one_ends(accounts: AccountService) -> None:
    await a_user(accounts)
    elsewhere = await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)
    old = await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)

    new = await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS, replaces=old.token)

    assert len({elsewhere.token, old.token, new.token}) == 3
    assert await accounts.user_for_token(old.token) is None
    assert await accounts.user_for_token(new.token) is not None
    assert await accounts.user_for_token(elsewhere.token) is not None


async def test_sign_in_ends_twelve_hours_after_it_began_however_much_it_is_used(accounts: AccountService, clock: Clock) -> None:
    await a_user(accounts)
    token = (await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)).token

    clock.advance(hours=11, minutes=59)
    assert await accounts.user_for_token(token) is not None
    clock.advance(minutes=1)

    assert await accounts.user_for_token(token) is None


async def test_purge_deletes_expired_sign_ins_and_no_others(accounts: AccountService, clock: Clock, database: Database) -> None:
    await a_user(accounts)
    await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)
    clock.advance(hours=6)
    young = await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)
    clock.advance(hours=6)

    await accounts.purge_expired()

    assert [row["n"] for row in await rows(database, "SELECT count(*) AS n FROM sign_ins")] == [1]
    assert await accounts.user_for_token(young.token) is not None


async def test_signing_out_ends_this_sign_in_at_once_and_no_other(accounts: AccountService) -> None:
    await a_user(accounts)
    left = await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)
    stays = await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)

    await accounts.sign_out(left.token)
    await accounts.sign_out(left.token)

    assert await accounts.user_for_token(left.token) is None
    assert await accounts.user_for_token(stays.token) is not None


async def test_beyond_fifty_sign_ins_of_a_user_the_oldest_ends(accounts: AccountService, clock: Clock, database: Database) -> None:
    await a_user(accounts)
    first = await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)
    fill = """INSERT INTO sign_ins (token_digest, user_id, created_at, expires_at)
              SELECT sha256(number::text::bytea), user_id, created_at + interval '1 second', expires_at
              FROM sign_ins, generate_series(1, :more) AS number"""
    await run(database, fill, more=SIGN_INS_PER_USER - 1)
    clock.advance(minutes=1)

    await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)

    assert [row["n"] for row in await rows(database, "SELECT count(*) AS n FROM sign_ins")] == [SIGN_INS_PER_USER]
    assert await accounts.user_for_token(first.token) is None


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "é" * 43, "a" * 10_000, "a" * 42 + "\n"])
async def test_made_up_token_leads_to_nobody(accounts: AccountService, token: str) -> None:
    await a_user(accounts)

    assert await accounts.user_for_token(token) is None


async def test_login_belongs_to_one_user_of_all_organisations(accounts: AccountService) -> None:
    await a_user(accounts, "ban.mai")

    with pytest.raises(LoginTaken):
        await a_user(accounts, "BAN.MAI", organisation="Another market")


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewUser("a b", "Hà Linh", "host", PASSWORD), "login"),
        (NewUser("mc", "Hà Linh", "host", PASSWORD), None),
        (NewUser("m", "Hà Linh", "host", PASSWORD), "login"),
        (NewUser("linh", "  ", "host", PASSWORD), "display_name"),
        (NewUser("linh", "Hà Linh", "host", "short"), "password"),
        (NewUser("linh", "Hà Linh", "host", "x" * 257), "password"),
    ],
)
async def test_new_user_keeps_the_rules_of_form(accounts: AccountService, new: NewUser, field: str | None) -> None:
    organisation_id = await accounts.create_organisation("Chợ phiên")

    if field is None:
        assert (await accounts.create_user(organisation_id, new)).login == new.login
        return
    with pytest.raises(InvalidUser) as refusal:
        await accounts.create_user(organisation_id, new)
    assert refusal.value.details == {"field": field}


async def test_user_needs_an_existing_organisation(accounts: AccountService) -> None:
    user = await a_user(accounts)

    with pytest.raises(OrganisationNotFound):
        await accounts.create_user(user.id, NewUser("linh", "Hà Linh", "host", PASSWORD))


async def test_user_is_found_by_login_for_the_seed(accounts: AccountService) -> None:
    user = await a_user(accounts)

    assert await accounts.find_user("Ban.Mai") == user
    assert await accounts.find_user("nobody") is None


async def test_every_change_leaves_an_audit_entry(accounts: AccountService, database: Database) -> None:
    user = await a_user(accounts)
    signed_in = await accounts.sign_in("ban.mai", PASSWORD, address=ADDRESS)
    await accounts.sign_out(signed_in.token)

    entries = await rows(database, "SELECT * FROM audit_entries ORDER BY id")

    assert [entry["action"] for entry in entries] == ["organisation.created", "user.created", "user.signed_in", "user.signed_out"]
    assert {entry["organisation_id"] for entry in entries} == {user.organisation_id}
    assert entries[1]["subject_id"] == str(user.id)
    assert entries[2]["user_id"] == user.id


async def test_audit_entry_exists_only_if_its_transaction_commits(accounts: AccountService, database: Database) -> None:
    user = await a_user(accounts)

    async def close_and_fail() -> None:
        async with database.transactions.begin() as db:
            record_audit(db, organisation_id=user.organisation_id, user_id=user.id, action="market.closed")
            await db.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await close_and_fail()

    assert await rows(database, "SELECT * FROM audit_entries WHERE action = 'market.closed'") == []


async def test_audit_entry_can_be_written_within_a_transaction_by_hand(accounts: AccountService, database: Database) -> None:
    user = await a_user(accounts)

    async with database.pool.acquire() as db, db.transaction():
        await insert_audit(
            db, organisation_id=user.organisation_id, user_id=user.id, action="order.confirmed", subject_id=user.id, details={"seq": 7}
        )

    (entry,) = await rows(database, "SELECT * FROM audit_entries WHERE action = 'order.confirmed'")
    assert (entry["user_id"], entry["subject_id"], entry["details"]) == (user.id, str(user.id), {"seq": 7})
