"""The types of the desk's queues name exactly the fields that the API sends."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel

from app.desk import schemas
from app.desk.queues import OUTCOMES, QUEUES
from app.fulfilment.schemas import DeskOrder
from app.web.modules import SCRIPTS_DIR

TYPES = (SCRIPTS_DIR / "desk_work_types.d.ts").read_text(encoding="utf-8")
MODELS: tuple[type[BaseModel], ...] = (
    schemas.QueueCount,
    schemas.WaitingComplaint,
    schemas.ClaimCount,
    schemas.QueuedClaims,
    schemas.QueueCounts,
    schemas.QueuePage,
    schemas.FoundOrders,
    schemas.CallView,
    schemas.HeldStepView,
    schemas.NoteView,
    schemas.OrderWork,
    schemas.ColleagueView,
    schemas.OtherOrder,
    schemas.BuyerHistory,
    schemas.ProductAdvice,
    schemas.Advice,
    schemas.OrderInBulk,
    schemas.BulkResult,
    schemas.BulkUndone,
)


def fields_of(name: str) -> set[str]:
    found = re.search(rf"export interface {name}(?: extends \w+)? \{{\n(.*?)\n\}}", TYPES, re.DOTALL)
    assert found is not None
    return set(re.findall(r"^  (\w+):", found.group(1), re.MULTILINE))


@pytest.mark.parametrize("model", MODELS)
def test_fields_are_those_of_the_model(model: type[BaseModel]) -> None:
    assert fields_of(model.__name__) == set(model.model_fields)


def test_an_order_in_a_queue_has_what_any_order_of_the_desk_has_and_its_own() -> None:
    assert fields_of("QueuedOrder") == set(schemas.QueuedOrder.model_fields) - set(DeskOrder.model_fields)


@pytest.mark.parametrize(("name", "words"), [("Queue", QUEUES), ("Outcome", OUTCOMES)])
def test_names_are_those_of_the_desk(name: str, words: tuple[str, ...]) -> None:
    found = re.search(rf"export type {name} = ([^;]+);", TYPES)

    assert found is not None
    assert tuple(re.findall(r'"(\w+)"', found.group(1))) == words
