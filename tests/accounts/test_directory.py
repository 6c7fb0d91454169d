"""Names of organisations and users for other packages."""

from __future__ import annotations

from uuid import uuid4

from app.accounts.directory import is_active_member, names_of
from app.accounts.service import AccountService
from app.infra.database import Database
from tests.accounts.builders import a_user, run


async def test_names_are_found_by_id_and_unknown_ids_are_left_out(accounts: AccountService, database: Database) -> None:
    user = await a_user(accounts)

    async with database.transactions() as db:
        names = await names_of(db, organisation_ids=[user.organisation_id, uuid4()], user_ids=[user.id, uuid4()])

    assert names.organisations == {user.organisation_id: user.organisation_name}
    assert names.users == {user.id: user.display_name}


async def test_member_is_a_user_of_this_organisation_whose_account_is_open(accounts: AccountService, database: Database) -> None:
    user, stranger = await a_user(accounts), await a_user(accounts, "nguoi.khac", organisation="Chợ phiên nơi khác")

    async with database.transactions() as db:
        assert await is_active_member(db, organisation_id=user.organisation_id, user_id=user.id)
        assert not await is_active_member(db, organisation_id=user.organisation_id, user_id=stranger.id)

    await run(database, "UPDATE users SET is_active = false")
    async with database.transactions() as db:
        assert not await is_active_member(db, organisation_id=user.organisation_id, user_id=user.id)
