"""The services of this package, built together: one object for `app/wiring.py`, which has enough to name."""

from __future__ import annotations

from dataclasses import dataclass

from app.infra.database import Database
from app.settlement.agreeing import SettlementDesk
from app.settlement.charges import SettlementCharges
from app.settlement.files import SettlementFiles
from app.settlement.listing import SettlementLists
from app.settlement.reaching import SettlementReaches
from app.settlement.rules import SettlementRuleBook


@dataclass(frozen=True, slots=True)
class SettlementHouse:
    """Lists, agreements and payments, amounts by hand, rules."""

    lists: SettlementLists
    settling: SettlementDesk
    charges: SettlementCharges
    rule_book: SettlementRuleBook
    files: SettlementFiles

    def all(self) -> tuple[object, ...]:
        """Each of them once."""
        return tuple(getattr(self, name) for name in self.__slots__)


def settlement_house(database: Database) -> SettlementHouse:
    reaches = SettlementReaches(database)
    lists = SettlementLists(database, reaches)
    return SettlementHouse(
        lists=lists,
        settling=SettlementDesk(database),
        charges=SettlementCharges(database),
        rule_book=SettlementRuleBook(database),
        files=SettlementFiles(database, reaches, lists),
    )
