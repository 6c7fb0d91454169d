"""The services about money by bank, built together."""

from __future__ import annotations

from dataclasses import dataclass

from app.fulfilment.bank_accounts import BankAccounts
from app.infra.database import Database


@dataclass(frozen=True, slots=True)
class Money:
    """Accounts that buyers transfer to."""

    accounts: BankAccounts

    def all(self) -> tuple[object, ...]:
        """Each of them once."""
        return tuple(getattr(self, name) for name in self.__slots__)


def money_services(database: Database) -> Money:
    return Money(accounts=BankAccounts(database))
