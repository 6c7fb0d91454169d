"""Background work of every node: sign-ins that are over are taken out, and free memory is given back to the system."""

from __future__ import annotations

from app.accounts.service import AccountService
from app.infra.memory import TRIM_SECONDS, give_back_memory
from app.infra.tasks import TaskOwner, repeat

PURGE_SECONDS = 3600.0


class Housekeeping:
    """Starts and stops the loops; safe to run on every node."""

    def __init__(self, accounts: AccountService) -> None:
        self._accounts = accounts
        self._tasks = TaskOwner("housekeeping")

    def start(self) -> None:
        self._tasks.spawn("purge sign-ins", repeat("purge_sign_ins", PURGE_SECONDS, self._accounts.purge_expired))
        self._tasks.spawn("give back memory", repeat("give_back_memory", TRIM_SECONDS, give_back_memory))

    async def close(self) -> None:
        await self._tasks.close()
