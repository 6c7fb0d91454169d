"""A table of products comes in as a whole or not at all, unless somebody says to take the right rows; what went out changes nothing."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from app.accounts.service import CurrentUser
from app.catalog.schemas import PictureContent
from app.catalog.service import CatalogService
from app.infra.database import Database
from tests.accounts.builders import SmallApp, rows
from tests.catalog.builders import a_producer, a_product
from tests.people import PASSWORD

IMPORTS = "/api/v1/goods/imports"
HEAD = "Mã sản phẩm;Chủ thể;Tên sản phẩm;Giá bán (đồng);Đơn vị bán;Nặng cả bao bì (gam);Xuất xứ"
GOOD = "MO-9;Hợp tác xã Mật ong Hương Sơn;Phấn hoa;90.000;hũ 200 g;250;Hà Tĩnh"


def table(*lines: str, head: str = HEAD) -> bytes:
    return "\r\n".join([head, *lines, ""]).encode("utf-8-sig")


async def posted(client: httpx2.AsyncClient, way: str, content: bytes, **headers: str) -> Any:
    return await client.post(f"{IMPORTS}/{way}", content=content, headers=headers)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_what_went_out_and_comes_in_again_changes_nothing(
    form: str, market: SmallApp, catalog: CatalogService, organiser: CurrentUser, database: Database
) -> None:
    producer = await a_producer(catalog, organiser, name="=HTX 00123")
    label = {"origin": "1/2", "net_weight": "1E5", "ingredients": "Mật ong\nĐường", "warning": "+84"}
    for name in ("00123", "1E5", "3-10", "=cmd", "Mật ong; 'ngon'"):
        await a_product(catalog, organiser, producer_id=producer.id, name=name, label=label, category="food", is_alcohol=name == "1E5")
    await a_product(
        catalog, organiser, producer_id=producer.id, ocop_stars=None, certificate_number=None, certified_on=None, is_active=False
    )
    async with market.signed_in(organiser.login) as client:
        before = (await client.get("/api/v1/products?include_inactive=true")).json()
        written = await client.get(f"/api/v1/goods/table.{form}")
        preview = (await posted(client, "preview", written.content)).json()
        outcome = (await posted(client, "whole", written.content)).json()
        after = (await client.get("/api/v1/products?include_inactive=true")).json()

    assert written.headers["content-disposition"] == f'attachment; filename="san-pham-ocop.{form}"'
    assert preview["counts"] == outcome["counts"] == {"new": 0, "changed": 0, "same": 6, "bad": 0}, preview
    assert after == before
    assert await rows(database, "SELECT 1 FROM audit_entries WHERE action = 'product.updated'") == []


async def test_new_rows_come_in_once_however_often_the_table_does(
    market: SmallApp, catalog: CatalogService, organiser: CurrentUser
) -> None:
    await a_producer(catalog, organiser)
    async with market.signed_in(organiser.login) as client:
        counts = [(await posted(client, "whole", table(GOOD))).json()["counts"] for _ in range(2)]
        (made,) = (await client.get("/api/v1/products")).json()["items"]

    assert [each["new"] for each in counts] == [1, 0]
    assert counts[1]["same"] == 1
    assert (made["code"], made["price_vnd"], made["label"]["origin"]) == ("MO-9", 90_000, "Hà Tĩnh")


async def test_nothing_comes_in_while_a_row_is_not_right_unless_that_is_wanted(
    market: SmallApp, catalog: CatalogService, organiser: CurrentUser
) -> None:
    await a_producer(catalog, organiser)
    content = table(GOOD, GOOD.replace("MO-9", "MO-10").replace("90.000", "rẻ"))
    async with market.signed_in(organiser.login) as client:
        refused = await posted(client, "whole", content)
        nothing = (await client.get("/api/v1/products")).json()["total"]
        taken = (await posted(client, "right-rows", content)).json()["counts"]
        one = (await client.get("/api/v1/products")).json()["total"]

    assert (refused.status_code, refused.json()["code"], refused.json()["details"]) == (422, "sheet_has_problems", {"problems": 1})
    assert (nothing, taken["new"], taken["bad"], one) == (0, 1, 1, 1)


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        (GOOD.replace("90.000", "rẻ"), "Giá bán (đồng)", "number"),
        (GOOD.replace("90.000", ""), "Giá bán (đồng)", "needed"),
        (GOOD.replace("90.000", "0"), "Giá bán (đồng)", "not_valid"),
        (GOOD.replace("90.000", "=1+1"), "Giá bán (đồng)", "formula"),
        (GOOD.replace("MO-9", ""), "Mã sản phẩm", "needed"),
        (GOOD.replace("Hợp tác xã Mật ong Hương Sơn", "HTX lạ"), "Chủ thể", "producer_unknown"),
        (GOOD.replace("Phấn hoa", "x" * 161), "Tên sản phẩm", "not_valid"),
        (GOOD.replace("Phấn hoa", '=HYPERLINK("x")'), "Tên sản phẩm", "formula"),
    ],
)
async def test_a_row_that_is_not_right_says_where_and_why(
    line: str, column: str, code: str, market: SmallApp, catalog: CatalogService, organiser: CurrentUser
) -> None:
    await a_producer(catalog, organiser)
    async with market.signed_in(organiser.login) as client:
        preview = (await posted(client, "preview", table("", line))).json()

    (row,) = preview["rows"]
    assert (row["line"], row["outcome"]) == (3, "bad")
    assert [(each["column"], each["code"]) for each in row["problems"]] == [(column, code)]


async def test_a_preview_names_what_would_change_and_changes_nothing(
    market: SmallApp, catalog: CatalogService, organiser: CurrentUser
) -> None:
    product = await a_product(catalog, organiser, code="MO-9", name="Phấn hoa", pictures=(PictureContent(path="/static/pictures/a.svg"),))
    content = table(f"{GOOD};lạ", head=f"{HEAD};Màu sắc")
    async with market.signed_in(organiser.login) as client:
        preview = (await posted(client, "preview", content)).json()
        unchanged = (await client.get(f"/api/v1/products/{product.id}")).json()
        await posted(client, "whole", content)
        changed = (await client.get(f"/api/v1/products/{product.id}")).json()

    assert preview["unknown_columns"] == ["Màu sắc"]
    assert preview["rows"][0]["changes"] == ["Giá bán (đồng)", "Đơn vị bán", "Nặng cả bao bì (gam)", "Xuất xứ"]
    assert unchanged["price_vnd"] == 180_000
    assert (changed["price_vnd"], changed["ocop_stars"], changed["pictures"]) == (90_000, 4, unchanged["pictures"])


async def test_the_same_code_twice_and_a_name_of_two_producers_are_not_guessed_at(
    market: SmallApp, catalog: CatalogService, organiser: CurrentUser
) -> None:
    await a_producer(catalog, organiser)
    await a_producer(catalog, organiser, name="Cơ sở Sen")
    await a_producer(catalog, organiser, name="cơ sở  sen")
    ambiguous = GOOD.replace("MO-9", "MO-8").replace("Hợp tác xã Mật ong Hương Sơn", "Cơ sở Sen")
    async with market.signed_in(organiser.login) as client:
        preview = (await posted(client, "preview", table(GOOD, GOOD, ambiguous))).json()

    assert [[each["code"] for each in row["problems"]] for row in preview["rows"]] == [[], ["duplicate_code"], ["producer_ambiguous"]]


async def test_a_table_without_its_columns_is_refused_by_their_names(market: SmallApp, organiser: CurrentUser) -> None:
    async with market.signed_in(organiser.login) as client:
        refused = await posted(client, "preview", table("A;B", head="Mã sản phẩm;Tên sản phẩm"))

    assert refused.json()["code"] == "sheet_unreadable"
    assert refused.json()["details"]["reason"] == "missing_columns"
    assert "Giá bán (đồng)" in refused.json()["details"]["columns"]


async def test_a_producer_brings_in_their_own_goods_only(market: SmallApp, catalog: CatalogService, organiser: CurrentUser) -> None:
    own, other = await a_producer(catalog, organiser), await a_producer(catalog, organiser, name="Cơ sở nhà bên")
    await a_product(catalog, organiser, producer_id=other.id, code="NB-1")
    await market.logins.create(organiser, own.id, login="co.sen", display_name="Cô Sen", password=PASSWORD)
    content = table(
        GOOD, GOOD.replace("MO-9", "NB-1"), GOOD.replace("MO-9", "MO-7").replace("Hợp tác xã Mật ong Hương Sơn", "Cơ sở nhà bên")
    )
    async with market.signed_in("co.sen") as client:
        preview = (await posted(client, "preview", content)).json()
        written = (await client.get("/api/v1/goods/table.csv")).text

    assert [[each["code"] for each in row["problems"]] for row in preview["rows"]] == [[], ["code_taken"], ["producer_unknown"]]
    assert "NB-1" not in written
