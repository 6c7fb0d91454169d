"""The services about money by bank, built together."""

from __future__ import annotations

from dataclasses import dataclass

from app.fulfilment.bank_accounts import BankAccounts
from app.fulfilment.bank_feeds import BankFeeds
from app.fulfilment.bank_lines import BankLines
from app.fulfilment.money_files import MoneyFiles
from app.fulfilment.money_seals import MoneySeals
from app.fulfilment.money_work import MoneyWork
from app.infra.database import Database
from app.infra.key_ring import KeyRing
from app.ledger.projector import Projector


@dataclass(frozen=True, slots=True)
class Money:
    """Accounts that buyers transfer to, notices of what came, files, and the work list."""

    accounts: BankAccounts
    feeds: BankFeeds
    files: MoneyFiles
    work: MoneyWork

    def all(self) -> tuple[object, ...]:
        """Each of them once."""
        return tuple(getattr(self, name) for name in self.__slots__)


def money_services(database: Database, *, projector: Projector, ring: KeyRing, call_seconds: float) -> Money:
    seals = MoneySeals(ring)
    lines = BankLines(database, projector=projector, seals=seals, call_seconds=call_seconds)
    return Money(
        accounts=BankAccounts(database),
        feeds=BankFeeds(database, lines=lines, seals=seals),
        files=MoneyFiles(database, lines),
        work=MoneyWork(database, projector=projector, seals=seals, call_seconds=call_seconds),
    )
