"""Exports open in a spreadsheet with their letters whole and nothing in them runs."""

from __future__ import annotations

import csv
import io

import pytest

from app.reports import routes
from app.reports.csv_export import minutes_csv, products_csv, safe_cell
from app.settings import load_settings
from tests.accounts.builders import a_user, small_app
from tests.reports.builders import Fair


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+84", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1", "\uff0b1"])
def test_text_that_would_run_gets_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize("cell", ["Bưởi Phúc Trạch", "3 = 3", "", " ", -5, 0, 129_000, 12.5, None])
def test_other_cells_stay_as_they_are(cell: str | int | float | None) -> None:
    assert safe_cell(cell) == cell


async def test_a_product_named_like_a_formula_is_exported_harmless(fair: Fair) -> None:
    await fair.database.pool.execute("UPDATE products SET name = $1, unit = $2", '=cmd|"/C calc"!A0', 'hũ, "to"')
    await fair.order(await fair.offer(), 2)

    content = products_csv(await fair.report(), "vi")

    assert content.startswith("\ufeffMã,Sản phẩm,")
    assert content.count("\r\n") == 2
    row = next(csv.DictReader(io.StringIO(content.removeprefix("\ufeff"))))
    assert row["Sản phẩm"] == """'=cmd|"/C calc"!A0"""
    assert (row["Đơn vị tính"], row["Sản phẩm đã đặt"], row["Giá trị đơn đã đặt (VND)"]) == ('hũ, "to"', "2", "258000")


async def test_minutes_are_in_vietnam_time_and_sum_to_the_totals(fair: Fair) -> None:
    await fair.watch(viewers=3, likes=8)
    await fair.order(await fair.offer(), 2)
    report = await fair.report()

    rows = list(csv.DictReader(io.StringIO(minutes_csv(report, "en").removeprefix("\ufeff"))))

    assert sum(int(row["Likes"]) for row in rows) == 8
    assert sum(int(row["Value of orders placed (VND)"]) for row in rows) == 258_000
    hours = (int(rows[0]["Minute (Vietnam time)"][11:13]) - report.minutes[0].minute_at.hour) % 24
    assert hours == 7


async def test_exports_and_report_over_http_are_for_staff(fair: Fair) -> None:
    small = small_app(load_settings(redis_prefix=fair.prefix), fair.database, fair.redis)
    small.also(fair.reports)
    small.app.include_router(routes.router)
    user = await a_user(small.accounts, "ban.mai")
    await a_user(small.accounts, "nguoi.khac", organisation="Đơn vị khác")
    await fair.database.pool.execute("UPDATE users SET organisation_id = $1 WHERE id = $2", fair.market.organisation_id, user.id)
    await fair.database.pool.execute("UPDATE role_grants SET organisation_id = $1 WHERE user_id = $2", fair.market.organisation_id, user.id)
    base = f"/api/v1/sessions/{fair.id}/report"

    async with small.signed_in("ban.mai") as client:
        report, minutes, products = [await client.get(base + path) for path in ("", "/minutes.csv", "/products.csv?language=en")]
        wrong = await client.get(base + "/minutes.csv?language=fr")
    async with small.signed_in("nguoi.khac") as client:
        refused = [await client.get(base + path) for path in ("", "/minutes.csv", "/products.csv")]
    async with small.browser() as client:
        unknown = await client.get(base)

    assert report.json()["reconciliation"]["ok"] is True
    assert minutes.content.startswith(b"\xef\xbb\xbf")
    assert minutes.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in products.headers["content-disposition"]
    assert wrong.status_code == 422
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(404, "session_not_found")}
    assert unknown.status_code == 401


async def test_shipping_fees_stand_in_a_row_of_their_own_beside_the_goods(fair: Fair) -> None:
    rule = '{"flat_vnd": 30000, "steps": [], "free_from_vnd": null}'
    await fair.database.pool.execute(
        "INSERT INTO shipping_rules (id, organisation_id, rule) VALUES (gen_random_uuid(), $1, $2::jsonb)",
        fair.market.organisation_id,
        rule,
    )
    await fair.order(await fair.offer(), 2)

    report = await fair.report()
    rows = list(csv.DictReader(io.StringIO(products_csv(report, "en").removeprefix("\ufeff"))))

    assert [(row["Product"], row["Value of orders placed (VND)"], row["Units placed"]) for row in rows] == [
        ("Mật ong", "258000", "2"),
        ("Shipping fees", "30000", ""),
    ]
    assert report.reconciliation.ok
