"""The types of the report page name exactly the fields that the API sends."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from app.metrics.service import MinuteFigures, OutsideFigures
from app.reports import breakdown_schemas, imported_schemas, inside_schemas, schemas

TYPES = Path(__file__).resolve().parents[2] / "app" / "web" / "static" / "js" / "report_types.d.ts"
MODELS: list[type[BaseModel]] = [
    *(schemas.HeadlineMetric, schemas.Loss, schemas.LadderStep, schemas.ProductRow, schemas.ProducerRow, schemas.Marker),
    *(schemas.Check, schemas.ModerationFigures, schemas.Reconciliation, schemas.Report, MinuteFigures, OutsideFigures),
    *(breakdown_schemas.CommuneRow, breakdown_schemas.WaitFigures, breakdown_schemas.OfferRow, breakdown_schemas.SourceRow),
    *(inside_schemas.CommentRow, inside_schemas.CommentPage, inside_schemas.PinnedProduct, inside_schemas.OrderBrief),
    *(inside_schemas.MomentDetails, inside_schemas.OfferMinute, inside_schemas.OfferEnd, inside_schemas.OpenItem),
    *(inside_schemas.SignedFigures, inside_schemas.ClosingState, imported_schemas.ImportedRow, imported_schemas.EnteredFigure),
    *(imported_schemas.RowError, imported_schemas.ImportPreview, imported_schemas.ImportedView),
    *(breakdown_schemas.WithoutGoods, breakdown_schemas.FunnelStep, breakdown_schemas.BuyerFigures),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_fields_are_those_of_the_model(model: type[BaseModel]) -> None:
    found = re.search(rf"export interface {model.__name__} \{{\n(.*?)\n\}}", TYPES.read_text(encoding="utf-8"), re.DOTALL)

    assert found is not None
    assert set(re.findall(r"^  (\w+):", found.group(1), re.MULTILINE)) == set(model.model_fields)
