"""Producers: who may see and change them, and which are valid."""

from __future__ import annotations

from uuid import uuid4

import pytest
from pydantic import ValidationError

from app.accounts.service import CurrentUser
from app.catalog.errors import InvalidAddress, ProducerNotFound
from app.catalog.schemas import ProducerChanges
from app.catalog.service import CatalogService
from app.errors import MalformedRequest
from app.infra.database import Database
from tests.accounts.builders import rows, run
from tests.catalog.builders import a_producer, producer_content


async def test_new_producer_is_listed_with_the_names_of_its_place(catalog: CatalogService, organiser: CurrentUser) -> None:
    producer = await a_producer(catalog, organiser)

    listed = await catalog.list_producers(organiser)

    assert (producer.province_name, producer.commune_name) == ("Hà Tĩnh", "Xã Hương Sơn")
    assert (listed.items, listed.total) == ([producer], 1)


async def test_producers_of_another_organisation_are_neither_listed_nor_found(
    catalog: CatalogService, organiser: CurrentUser, stranger: CurrentUser
) -> None:
    producer = await a_producer(catalog, organiser)

    assert (await catalog.list_producers(stranger)).total == 0
    with pytest.raises(ProducerNotFound):
        await catalog.update_producer(stranger, producer.id, ProducerChanges(name="Của tôi"))
    assert (await catalog.list_producers(organiser)).items == [producer]


async def test_only_what_is_given_changes(catalog: CatalogService, organiser: CurrentUser) -> None:
    producer = await a_producer(catalog, organiser)

    changed = await catalog.update_producer(organiser, producer.id, ProducerChanges(story="Ba mươi lăm hộ.", tax_code=None))

    assert changed == producer.model_copy(update={"story": "Ba mươi lăm hộ.", "tax_code": None})
    assert (await catalog.list_producers(organiser)).items == [changed]


async def test_unknown_producer_is_not_found(catalog: CatalogService, organiser: CurrentUser) -> None:
    with pytest.raises(ProducerNotFound):
        await catalog.update_producer(organiser, uuid4(), ProducerChanges(name="Ai đó"))


async def test_commune_must_lie_in_the_province_also_after_a_change(catalog: CatalogService, organiser: CurrentUser) -> None:
    with pytest.raises(InvalidAddress):
        await a_producer(catalog, organiser, province_code=1)
    producer = await a_producer(catalog, organiser)
    with pytest.raises(InvalidAddress):
        await catalog.update_producer(organiser, producer.id, ProducerChanges(province_code=1))

    moved = await catalog.update_producer(organiser, producer.id, ProducerChanges(commune_code=18547))

    assert moved.commune_name == "Xã Phúc Trạch"


async def test_names_of_a_place_stay_as_entered_while_the_place_stays(
    catalog: CatalogService, organiser: CurrentUser, database: Database
) -> None:
    producer = await a_producer(catalog, organiser)
    await run(database, "UPDATE producers SET commune_code = 1, commune_name = 'Xã Đã Sáp Nhập'")

    changed = await catalog.update_producer(organiser, producer.id, ProducerChanges(name="Tên mới"))

    assert (changed.commune_name, changed.name) == ("Xã Đã Sáp Nhập", "Tên mới")


@pytest.mark.parametrize(
    ("kind", "tax_code"),
    [
        ("company", "3000123456"),
        ("cooperative", "3000123456-001"),
        ("household", "042085001234"),
        ("household", "3000123456"),
        ("company", None),
    ],
)
def test_usual_tax_codes_are_taken(kind: str, tax_code: str | None) -> None:
    assert producer_content(kind=kind, tax_code=tax_code).tax_code == tax_code


@pytest.mark.parametrize(
    ("kind", "tax_code"),
    [
        ("company", "042085001234"),
        ("company", "300012345"),
        ("company", "30001234567"),
        ("company", "3000123456-01"),
        ("company", "3000123456001"),
        ("company", "3000-123456"),
        ("company", "MST3000123"),
        ("household", "0420850012345"),
        ("company", ""),
        ("company", "\uff13\uff10\uff10\uff10\uff11\uff12\uff13\uff14\uff15\uff16"),
    ],
)
def test_tax_code_of_another_shape_is_refused(kind: str, tax_code: str) -> None:
    with pytest.raises(ValidationError):
        producer_content(kind=kind, tax_code=tax_code)


async def test_change_that_leaves_an_invalid_producer_is_refused(catalog: CatalogService, organiser: CurrentUser) -> None:
    household = await a_producer(catalog, organiser, kind="household", tax_code="042085001234")

    for changes in (ProducerChanges(kind="company"), ProducerChanges(name=None)):
        with pytest.raises(MalformedRequest) as refusal:
            await catalog.update_producer(organiser, household.id, changes)
        assert refusal.value.details["errors"]

    assert (await catalog.list_producers(organiser)).items == [household]


def test_story_keeps_its_paragraphs_and_loses_what_could_deceive() -> None:
    content = producer_content(story="\n Đoạn một.\u202e \r\n\nĐoạn\x00 hai. \n", name=" Hộ\u200b  bà  Lan ")

    assert content.story == "Đoạn một.\n\nĐoạn hai."
    assert content.name == "Hộ bà Lan"


async def test_producers_come_by_name_in_pages(catalog: CatalogService, organiser: CurrentUser) -> None:
    for name in ("C", "A", "B"):
        await a_producer(catalog, organiser, name=name)

    first = await catalog.list_producers(organiser, limit=2)
    second = await catalog.list_producers(organiser, limit=2, offset=2)

    assert [producer.name for producer in first.items + second.items] == ["A", "B", "C"]
    assert first.total == second.total == 3


async def test_audit_tells_who_changed_which_field(catalog: CatalogService, organiser: CurrentUser, database: Database) -> None:
    producer = await a_producer(catalog, organiser)
    await catalog.update_producer(organiser, producer.id, ProducerChanges(name="Tên mới", story="x" * 1_000))

    created, updated = await rows(database, "SELECT * FROM audit_entries WHERE action LIKE 'producer.%' ORDER BY id")

    assert created["action"] == "producer.created"
    assert (updated["user_id"], updated["organisation_id"], updated["subject_id"]) == (
        organiser.id,
        organiser.organisation_id,
        str(producer.id),
    )
    assert updated["details"]["name"] == {"from": "Hợp tác xã Mật ong Hương Sơn", "to": "Tên mới"}
    assert len(updated["details"]["story"]["to"]) == 200


async def test_refused_change_leaves_no_audit_entry(catalog: CatalogService, organiser: CurrentUser, database: Database) -> None:
    producer = await a_producer(catalog, organiser)
    with pytest.raises(InvalidAddress):
        await catalog.update_producer(organiser, producer.id, ProducerChanges(province_code=1))

    assert await rows(database, "SELECT * FROM audit_entries WHERE action = 'producer.updated'") == []
