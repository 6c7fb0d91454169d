"""The services of this package, built together: one object for `app/wiring.py`, which has enough to name."""

from __future__ import annotations

from dataclasses import dataclass

from app.exports.accounting import AccountingLists
from app.exports.asking import TableExports
from app.exports.programme_asking import ProgrammeExports
from app.exports.publishing import Publishing
from app.fulfilment.sealed_rows import SealedRows
from app.infra.database import Database
from app.reports.service import ReportService


@dataclass(frozen=True, slots=True)
class ExportHouse:
    """Files of sessions and of programmes, receivers in the clear, what everybody sees."""

    tables: TableExports
    programme_tables: ProgrammeExports
    receivers: AccountingLists
    publishing: Publishing

    def all(self) -> tuple[object, ...]:
        """Each of them once."""
        return tuple(getattr(self, name) for name in self.__slots__)


def export_house(database: Database, rows: SealedRows, reports: ReportService) -> ExportHouse:
    return ExportHouse(
        tables=TableExports(database),
        programme_tables=ProgrammeExports(database),
        receivers=AccountingLists(database, rows),
        publishing=Publishing(database, reports),
    )
