"""The types of the programme pages name exactly the fields that the API sends."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel

from app.programmes import schemas
from app.web.modules import SCRIPTS_DIR

TYPES = (SCRIPTS_DIR / "programme_types.d.ts").read_text(encoding="utf-8")
MODELS: tuple[type[BaseModel], ...] = (
    *(schemas.ProgrammeView, schemas.ProgrammePage, schemas.SalesSums, schemas.ClosingSums, schemas.Audience, schemas.BothFigures),
    *(schemas.LateCorrection, schemas.PeriodRow, schemas.SessionRow, schemas.SessionRowPage, schemas.Definition, schemas.ProgrammeReport),
    *(schemas.Candidate, schemas.CandidateList),
    *(schemas.LeagueRow, schemas.League, schemas.UnitView, schemas.HostUnitView, schemas.UnitList),
    *(schemas.ComparedSession, schemas.Comparison),
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_fields_are_those_of_the_model(model: type[BaseModel]) -> None:
    found = re.search(rf"export interface {model.__name__} \{{\n(.*?)\n\}}", TYPES, re.DOTALL)

    assert found is not None
    assert set(re.findall(r"^  (\w+):", found.group(1), re.MULTILINE)) == set(model.model_fields)
