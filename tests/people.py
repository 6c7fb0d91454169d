"""Users with logins for the tests. A password is hashed once for the whole run, by the service itself: that takes time on purpose."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

from app.accounts.permissions import Role
from app.accounts.service import AccountService, CurrentUser, NewUser, ReadyUser, add_user, normal_login

PASSWORD = "cam-vu-quang-2026"

_ready: list[ReadyUser] = []


async def a_user_of(accounts: AccountService, organisation_id: UUID, *, login: str, name: str, role: Role) -> CurrentUser:
    """A user who signs in with `PASSWORD`."""
    if not _ready:
        _ready.append(await accounts.prepare_user(NewUser(login, name, role, PASSWORD)))
    user = replace(_ready[0], id=uuid4(), login=normal_login(login), display_name=name, role=role)
    async with accounts._transactions.begin() as db:
        return await add_user(db, organisation_id, user, created_by=None)
