"""Figures of other platforms: by hand or file, every version kept, and never in what is measured."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from app.accounts.service import CurrentUser
from app.reports.imported import ImportedFigures
from app.reports.imported_csv import read_figures
from app.reports.imported_schemas import EnteredFigure, EnteredFigures
from app.sessions.errors import SessionNotFound
from tests.reports.builders import Fair, headline


def entered(value: int | None, told: str = "TikTok Studio", figure: str = "impressions") -> EnteredFigures:
    return EnteredFigures(figures=(EnteredFigure.model_validate({"platform": "tiktok", "figure": figure, "value": value, "told": told}),))


async def test_a_figure_is_mended_by_a_new_version_and_the_same_again_writes_nothing(fair: Fair) -> None:
    imported = ImportedFigures(fair.database)
    await imported.enter(fair.staff, fair.id, entered(None))
    for value in (1_000, 1_000, 1_200):
        await imported.enter(fair.staff, fair.id, entered(value))

    view = await imported.view(fair.staff, fair.id)
    taken_back = await imported.enter(fair.staff, fair.id, entered(None))

    assert [(row.number, row.value, row.entered_by_name) for row in view.figures] == [(2, 1_200, "Lan")]
    assert [(row.number, row.value) for row in view.history] == [(2, 1_200), (1, 1_000)]
    assert (taken_back.figures, len(taken_back.history)) == ((), 3)


async def test_two_that_enter_at_once_give_versions_without_gaps(fair: Fair) -> None:
    imported = ImportedFigures(fair.database)

    await asyncio.gather(*(imported.enter(fair.staff, fair.id, entered(value)) for value in range(8)))

    numbers = [row.number for row in (await imported.view(fair.staff, fair.id)).history]
    assert sorted(numbers) == list(range(1, 9))


async def test_imported_figures_change_nothing_that_is_measured_and_give_the_enter_room_rate(fair: Fair) -> None:
    await fair.watch(viewers=30)
    before = headline(await fair.report())

    await ImportedFigures(fair.database).enter(fair.staff, fair.id, entered(1_200))
    await ImportedFigures(fair.database).enter(fair.staff, fair.id, entered(900_000, figure="views"))
    report = await fair.report()

    rate = "views_per_imported_impression_percent"
    assert (before.pop(rate), headline(report).pop(rate)) == (None, 2.5)
    assert {name: headline(report)[name] for name in before} == before
    assert [(row.figure, row.value) for row in report.imported] == [("impressions", 1_200), ("views", 900_000)]


async def test_only_those_of_the_session_enter_figures(fair: Fair) -> None:
    stranger = CurrentUser(uuid4(), uuid4(), "Đơn vị khác", "khac", "Khác", "organiser")

    with pytest.raises(SessionNotFound):
        await ImportedFigures(fair.database).enter(stranger, fair.id, entered(1))


def test_a_file_of_a_vietnamese_spreadsheet_is_read() -> None:
    found = read_figures(
        "\ufeffNền tảng;Chỉ số;Giá trị;Nguồn\r\nTikTok;Tiếp cận;1.234.567;TikTok Studio 24/11\r\n;;;\r\nFacebook;Lượt xem;8900;Trang"
    )

    assert found.errors == ()
    assert [(each.platform, each.figure, each.value) for each in found.figures] == [
        ("tiktok", "impressions", 1_234_567),
        ("facebook", "views", 8_900),
    ]


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("myspace,views,1,x", (2, "platform", "unknown")),
        ("tiktok,sales,1,x", (2, "figure", "unknown")),
        ("tiktok,views,1.5,x", (2, "value", "not_a_number")),
        ("tiktok,views,-1,x", (2, "value", "not_a_number")),
        ("tiktok,views,1.234.56,x", (2, "value", "not_a_number")),
        ("tiktok,views,٣,x", (2, "value", "not_a_number")),
        ("tiktok,views,9999999999999999999999,x", (2, "value", "too_large")),
        ("tiktok,views,1,", (2, "source", "empty")),
        (f"tiktok,views,1,{'x' * 301}", (2, "source", "too_long")),
        ("tiktok,views,1,x\ntiktok,views,2,x", (3, "figure", "twice")),
    ],
)
def test_a_wrong_row_is_named_with_its_column(row: str, error: tuple[int, str, str]) -> None:
    found = read_figures(f"platform,figure,value,source\n{row}")

    assert [(each.row, each.column, each.code) for each in found.errors] == [error]


@pytest.mark.parametrize("text", ["", "\0", "a,b\n1,2", 'platform,figure,value,source\n"' + "x" * 200_000, "platform,platform\n" * 50])
def test_what_is_no_file_of_figures_is_said_so(text: str) -> None:
    found = read_figures(text)

    assert found.figures == ()
    assert found.errors
