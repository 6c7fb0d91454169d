"""The report that everybody may read: figures with their definitions, ladder, goods, and the newest signed statement."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.reports.schemas import HeadlineMetric, LadderStep, Report
from app.reports.statement import Statement


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PublicStatement(_Body):
    """`body` is exactly what was signed; signature and public key in hex."""

    number: int
    body: str
    signature: str
    public_key: str
    last_seq: int

    @classmethod
    def of(cls, statement: Statement) -> Self:
        signed = statement.signed
        return cls(
            number=statement.number,
            body=statement.body,
            signature=signed.signature.hex(),
            public_key=signed.public_key.hex(),
            last_seq=statement.last_seq,
        )


class PublicProduct(_Body):
    name: str
    unit: str
    producer_name: str
    units_placed: int
    revenue_placed_vnd: int


class PublicReport(_Body):
    """One closed session. Names nobody but the organisation, its goods and their producers."""

    session_id: UUID
    title: str
    organisation_name: str
    started_at: datetime | None
    ended_at: datetime | None
    as_of: datetime
    ledger_last_seq: int
    headline: tuple[HeadlineMetric, ...]
    ladder: tuple[LadderStep, ...]
    products: tuple[PublicProduct, ...]
    statement: PublicStatement
    export: str = Field(description="where the file to check it by is")


def public_report(report: Report, statement: Statement) -> PublicReport:
    sold = sorted((each for each in report.products if each.sales.orders_placed), key=lambda each: -each.sales.revenue_placed_vnd)
    return PublicReport(
        session_id=report.session_id,
        title=report.title,
        organisation_name=report.organisation_name,
        started_at=report.started_at,
        ended_at=report.ended_at,
        as_of=report.as_of,
        ledger_last_seq=report.reconciliation.ledger_last_seq,
        headline=report.headline,
        ladder=report.ladder,
        products=tuple(
            PublicProduct(
                name=each.name,
                unit=each.unit,
                producer_name=each.producer_name,
                units_placed=each.sales.units_placed,
                revenue_placed_vnd=each.sales.revenue_placed_vnd,
            )
            for each in sold
        ),
        statement=PublicStatement.of(statement),
        export=f"/api/v1/open/sessions/{report.session_id}/export.zip",
    )
