"""The types of parcels name exactly the fields that the API sends."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel

from app.carriers.schemas import HandedOver, HandOversUndone, ParcelHandedOver
from app.fulfilment.schemas import Receiver
from app.parcels import schemas
from app.parcels.states import LOOKS, STATES
from app.web.modules import SCRIPTS_DIR

TYPES = (SCRIPTS_DIR / "parcels_types.d.ts").read_text(encoding="utf-8")
MODELS: tuple[type[BaseModel], ...] = (
    Receiver,
    schemas.OrderInParcel,
    schemas.GoodsInParcel,
    schemas.ProposedParcel,
    schemas.ProposedGroup,
    schemas.OrderLeft,
    schemas.ParcelPreview,
    schemas.MadeParcels,
    schemas.ParcelRow,
    schemas.ParcelLineView,
    schemas.SplitResult,
    schemas.ParcelPage,
    schemas.ParcelCounts,
    schemas.PickedProduct,
    schemas.ProducerPicks,
    schemas.PickList,
    ParcelHandedOver,
    HandedOver,
    HandOversUndone,
)


def fields_of(name: str) -> set[str]:
    found = re.search(rf"export interface {name}(?: extends \w+)? \{{\n(.*?)\n\}}", TYPES, re.DOTALL)
    assert found is not None
    return set(re.findall(r"^  (\w+):", found.group(1), re.MULTILINE))


@pytest.mark.parametrize("model", MODELS)
def test_fields_are_those_of_the_model(model: type[BaseModel]) -> None:
    assert fields_of(model.__name__) == set(model.model_fields)


def test_an_open_parcel_has_what_any_has_and_its_own() -> None:
    assert fields_of("ParcelView") == set(schemas.ParcelView.model_fields) - set(schemas.ParcelRow.model_fields)


@pytest.mark.parametrize(("name", "words"), [("State", STATES), ("Look", LOOKS)])
def test_names_are_those_of_the_tables(name: str, words: tuple[str, ...]) -> None:
    found = re.search(rf"export type {name} = ([^;]+);", TYPES)

    assert found is not None
    assert tuple(re.findall(r'"(\w+)"', found.group(1))) == words
