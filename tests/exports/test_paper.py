"""The report on paper says what the page says, in Vietnamese with its own fonts, and every page says which it is."""

from __future__ import annotations

from datetime import timedelta

import pypdfium2

from app.exports.report_paper import report_pdf
from app.infra.clock import utc_now
from app.metrics.service import MinuteFigures
from tests.exports.builders import Exporting


def pages_of(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(content)
    try:
        return [document[number].get_textpage().get_text_bounded() for number in range(len(document))]
    finally:
        document.close()


async def test_the_paper_says_figures_ladder_definitions_and_page_numbers(exporting: Exporting) -> None:
    fair = exporting.fair
    await fair.watch(viewers=3, likes=8)
    order = await fair.order(await fair.offer(), 2)
    await fair.record(order, "cancelled", reason="changed_mind")

    content = await exporting.made("pdf")
    pages = pages_of(content)
    whole = " ".join(" ".join(pages).split())

    assert content.count(b"/FontFile2") >= 2
    assert "258.000 ₫" in whole
    assert "Hủy: 1 đơn, 258.000 ₫" in whole
    report = await fair.report()
    assert [each.label_vi for each in report.headline if " ".join(each.definition_vi.split()) not in whole] == []
    assert [each.name for each in report.headline if " ".join(each.formula_vi.split()) not in whole] == []
    assert "ledger entries" not in whole
    for number, page in enumerate(pages, start=1):
        assert f"Trang {number}/{len(pages)}" in page


async def test_a_session_of_absurd_names_and_a_week_of_minutes_still_fits_on_paper(exporting: Exporting) -> None:
    report = await exporting.fair.report()
    begin = utc_now()
    minutes = tuple(MinuteFigures(minute_at=begin + timedelta(minutes=n), viewers_peak=n % 977) for n in range(10_080))
    absurd = report.model_copy(update={"title": "Phiên " + "\u4e2d\U0001f600x" * 400, "organisation_name": " ", "minutes": minutes})

    pages = pages_of(report_pdf(absurd, "en"))

    assert 2 <= len(pages) <= 8
    assert "Page 1/" in pages[0]
