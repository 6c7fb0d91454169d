"""The types of the page of settlements name exactly the fields that the API sends."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel

from app.settlement import schemas
from app.settlement.rules import SettlementRules
from app.web.modules import SCRIPTS_DIR

TYPES = (SCRIPTS_DIR / "settlement_types.d.ts").read_text(encoding="utf-8")
MODELS: tuple[type[BaseModel], ...] = (
    *(schemas.ProducerRow, schemas.ProducerRows, schemas.SettlementRow, schemas.ProducerSettlements, schemas.GoodFigures),
    *(
        schemas.LineView,
        schemas.SessionRange,
        schemas.SessionChoice,
        schemas.SessionChoices,
        schemas.Sums,
        schemas.AppliedRules,
        schemas.ChargeView,
        schemas.PaidView,
    ),
    *(schemas.SettlementView, schemas.LedgerStep, schemas.OrderSteps, SettlementRules),
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_fields_are_those_of_the_model(model: type[BaseModel]) -> None:
    found = re.search(rf"export interface {model.__name__} \{{\n(.*?)\n\}}", TYPES, re.DOTALL)

    assert found is not None
    assert set(re.findall(r"^  (\w+):", found.group(1), re.MULTILINE)) == set(model.model_fields)
