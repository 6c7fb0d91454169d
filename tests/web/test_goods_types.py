"""The types of the pages of goods name exactly the fields that the API sends."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from pydantic import BaseModel

from app.accounts.schemas import LoginView
from app.catalog import schemas
from app.catalog.completeness import LISTING_ITEMS, CertificateState, Completeness
from app.catalog.label import LabelFacts
from app.web.modules import SCRIPTS_DIR

TYPES = (SCRIPTS_DIR / "goods_types.d.ts").read_text(encoding="utf-8")
MODELS: dict[str, type[BaseModel]] = {
    "PictureSource": schemas.PictureSource,
    "PictureView": schemas.PictureView,
    "LabelFacts": LabelFacts,
    "Completeness": Completeness,
    "ProductDetails": schemas.ProductDetails,
    "ProducerView": schemas.ProducerView,
    "LoginView": LoginView,
}


@pytest.mark.parametrize("name", MODELS)
def test_fields_are_those_of_the_model(name: str) -> None:
    found = re.search(rf"export interface {name} \{{\n(.*?)\n\}}", TYPES, re.DOTALL)

    assert found is not None
    assert set(re.findall(r"^  (\w+):", found.group(1), re.MULTILINE)) == set(MODELS[name].model_fields)


def test_items_and_states_are_those_of_the_check() -> None:
    items = re.search(r"type ListingItem =(.*?);", TYPES, re.DOTALL)
    states = re.search(r"certificate_state: (.*?);", TYPES)

    assert items is not None
    assert states is not None
    assert tuple(re.findall(r'"(\w+)"', items.group(1))) == LISTING_ITEMS
    assert tuple(re.findall(r'"(\w+)"', states.group(1))) == get_args(CertificateState)
