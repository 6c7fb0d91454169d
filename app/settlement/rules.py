"""How an organisation settles: whose the delivery is, and what is withheld of which kind of producer."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from app.accounts.audit import insert_audit
from app.accounts.service import CurrentUser
from app.infra.clock import utc_now
from app.infra.database import Database, RawConnection

LegalKind: TypeAlias = Literal["company", "cooperative", "cooperative_group", "household"]

_READ = "SELECT rules::text FROM settlement_rules WHERE organisation_id = $1"
_WRITE = """
INSERT INTO settlement_rules (organisation_id, rules, changed_by, changed_at) VALUES ($1, $2::jsonb, $3, $4)
ON CONFLICT (organisation_id) DO UPDATE SET rules = excluded.rules, changed_by = excluded.changed_by, changed_at = excluded.changed_at
"""


class TaxRates(BaseModel):
    """Thousandths of what was sold: value added tax, personal income tax."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    vat_per_mille: int = Field(0, ge=0, le=1_000)
    pit_per_mille: int = Field(0, ge=0, le=1_000)


NO_TAX: Final = TaxRates()
_HOUSEHOLD: Final = TaxRates(vat_per_mille=10, pit_per_mille=5)
_EXAMPLE: JsonValue = {
    "delivery_is_producers": True,
    "withholds": False,
    "rates": {"household": {"vat_per_mille": 10, "pit_per_mille": 5}},
}


class SettlementRules(BaseModel):
    """`delivery_is_producers`: producers get the delivery fees that buyers paid and bear what carriers ask; else both are the organisation's.

    `withholds`: whether tax is kept back at all. The rates are those of Decree 117/2025 for households until somebody enters others; a kind
    that is left out pays nothing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [_EXAMPLE]})

    delivery_is_producers: bool = True
    withholds: bool = False
    rates: dict[LegalKind, TaxRates] = {"household": _HOUSEHOLD}

    def rates_of(self, kind: str) -> TaxRates:
        """What is withheld of a producer of this kind; nothing while nothing is withheld at all."""
        return next((rates for each, rates in self.rates.items() if each == kind), NO_TAX) if self.withholds else NO_TAX


async def read_rules(db: RawConnection, organisation_id: UUID) -> SettlementRules:
    stored = await db.fetchval(_READ, organisation_id)
    return SettlementRules() if stored is None else SettlementRules.model_validate_json(stored)


class SettlementRuleBook:
    """Keeps the rules; the routes ask who may."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, user: CurrentUser) -> SettlementRules:
        async with self._database.pool.acquire() as db:
            return await read_rules(db, user.organisation_id)

    async def set(self, user: CurrentUser, rules: SettlementRules) -> SettlementRules:
        """They count from the next agreement on; what was agreed stays as it is. Audited."""
        content = rules.model_dump_json()
        async with self._database.pool.acquire() as db, db.transaction():
            await db.execute(_WRITE, user.organisation_id, content, user.id, utc_now())
            about = rules.model_dump()
            await insert_audit(
                db,
                organisation_id=user.organisation_id,
                user_id=user.id,
                action="settlement_rules.changed",
                subject_id=user.organisation_id,
                details=about,
            )
        return rules
