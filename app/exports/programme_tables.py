"""What the page of a programme shows, as tables: figures, both figures, late corrections, weeks, months, sessions, league tables.

A figure that the page hides is an empty cell, and its row says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel

from app.exports.columns import count, money, table_of, text, time
from app.exports.tables import Cell, Column, Row, Table, Words
from app.programmes.definitions import OF_LEAGUES, OF_REPORTS
from app.programmes.schemas import Definition, League, LeagueBy, PeriodRow
from app.programmes.whole import WholeProgramme

_DEFINED: Final[Mapping[str, Definition]] = {each.name: each for each in (*OF_REPORTS, *OF_LEAGUES)}
_SALES: Final = ("placed_vnd", "confirmed_vnd", "delivered_vnd", "paid_vnd", "net_vnd", "orders_placed", "session_buyers")
_CLOSING: Final = ("placed_vnd", "confirmed_vnd", "delivered_vnd", "paid_vnd", "net_vnd")
_LEAGUE: Final = (
    *("orders_placed", "placed_vnd", "net_vnd", "kept_vnd", "lost_per_order_placed_percent", "returned_per_order_delivered_percent"),
    *("net_per_session_vnd", "buyers_per_unique_viewer_percent"),
)
_GROUPS: Final[Mapping[LeagueBy, tuple[str, Words, Words]]] = {
    "commune": ("league_communes", ("Xếp hạng xã", "Communes"), ("Mỗi dòng là một xã.", "One row per commune.")),
    "unit": ("league_units", ("Xếp hạng đơn vị", "Youth-union units"), ("Mỗi dòng là một đơn vị.", "One row per youth-union unit.")),
    "producer": ("league_producers", ("Xếp hạng cơ sở", "League of producers"), ("Mỗi dòng là một chủ thể.", "One row per producer.")),
}
_HIDDEN: Final = Column(
    key="is_hidden",
    label=("Ẩn", "Hidden"),
    kind="yes",
    definition=("Nhóm nhỏ: các số để trống.", "A small group: its figures are left out."),
    source="derived",
)
_RANK: Final = count("rank", ("Hạng", "Rank"), ("Trống: không có số để xếp.", "Empty: nothing to rank by."), source="derived")


def programme_tables(whole: WholeProgramme) -> tuple[Table, ...]:
    """Every table of the page, in its order."""
    report = whole.report
    months = _periods("months", ("Từng tháng", "Months"), ("Mỗi dòng là một tháng.", "One row per month."), report.months)
    weeks = _periods("weeks", ("Từng tuần", "Weeks"), ("Mỗi dòng là một tuần, từ thứ Hai.", "One row per week, from Monday."), report.weeks)
    leagues = (_league(whole.leagues[by]) for by in _GROUPS)
    return (_figures(whole), _both(whole), _late(whole), months, weeks, _sessions(whole), *leagues)


def _defined(name: str) -> Column:
    """A column for a figure of `app/programmes/definitions.py`, with its definition."""
    meaning = _DEFINED[name]
    is_money, is_rate = name.endswith("_vnd"), name.endswith("_percent")
    return Column(
        key=name,
        label=(meaning.label_vi, meaning.label_en),
        kind="vnd" if is_money else "percent" if is_rate else "count",
        unit=("đồng", "VND") if is_money else ("%", "%") if is_rate else ("", ""),
        definition=(meaning.definition_vi, meaning.definition_en),
        source=meaning.source,
        formula=(meaning.formula, meaning.formula),
    )


def _values(sums: BaseModel | None, names: tuple[str, ...]) -> Row:
    return tuple(None if sums is None else getattr(sums, name) for name in names)


def _figures(whole: WholeProgramme) -> Table:
    report = whole.report
    values: dict[str, Cell] = {}
    if report.sales is not None:
        values |= report.sales.model_dump()
    if report.audience.measured_sessions:
        values |= report.audience.model_dump()
    columns = (
        text("name", ("Mã", "Key"), ("Tên cố định của chỉ số.", "The figure's lasting name.")),
        text("label_vi", ("Chỉ số", "Figure (Vietnamese)"), ("Tên chỉ số bằng tiếng Việt.", "Its name in Vietnamese.")),
        text("label_en", ("Chỉ số (tiếng Anh)", "Figure"), ("Tên chỉ số bằng tiếng Anh.", "Its name in English.")),
        count("value", ("Giá trị", "Value"), ("Trống: ẩn, hoặc không tính được.", "Empty: hidden, or it cannot be computed."), source="derived"),
        text("source", ("Nguồn", "Source"), ("measured: đo; derived: tính.", "measured or derived.")),
        text("formula", ("Công thức", "Formula"), ("Công thức bằng lời.", "The formula in words.")),
        text("definition_vi", ("Định nghĩa", "Definition (Vietnamese)"), ("Định nghĩa bằng tiếng Việt.", "In Vietnamese.")),
        text("definition_en", ("Định nghĩa (tiếng Anh)", "Definition"), ("Định nghĩa bằng tiếng Anh.", "In English.")),
    )  # fmt: skip
    rows: list[Row] = [
        (each.name, each.label_vi, each.label_en, values.get(each.name), each.source, each.formula, each.definition_vi, each.definition_en)
        for each in report.definitions
    ]
    about = ("Mỗi dòng là một chỉ số của chương trình.", "One row per figure of the programme.")
    return table_of("programme_figures", ("Chỉ số", "Figures"), about, columns, rows)


def _both(whole: WholeProgramme) -> Table:
    both = whole.report.both
    columns = (
        text("name", ("Mã", "Key"), ("Tên cố định của chỉ số.", "The figure's lasting name.")),
        text("label_vi", ("Chỉ số", "Figure (Vietnamese)"), ("Tên chỉ số bằng tiếng Việt.", "Its name in Vietnamese.")),
        text("label_en", ("Chỉ số (tiếng Anh)", "Figure"), ("Tên chỉ số bằng tiếng Anh.", "Its name in English.")),
        money("at_closing_vnd", ("Lúc chốt", "At closing"), ("Theo biên bản chốt của các phiên.", "By the sessions' closing statements.")),
        money("now_vnd", ("Bây giờ", "Now"), ("Cùng các đơn ấy, tính đến bây giờ.", "The same orders as of now.")),
    )
    rows: list[Row] = (
        []
        if both is None
        else [
            (name, _DEFINED[name].label_vi, _DEFINED[name].label_en, getattr(both.at_closing, name), getattr(both.now, name))
            for name in _CLOSING
        ]
    )
    about = ("Các phiên đã chốt sổ: lúc chốt và bây giờ.", "Sessions whose books are closed: then and now.")
    return table_of("programme_closing", ("Lúc chốt và bây giờ", "Closing and now"), about, columns, rows)


def _late(whole: WholeProgramme) -> Table:
    columns = (
        text("happened_on", ("Ngày", "Day"), ("Ngày xảy ra, năm-tháng-ngày.", "Day on which it happened."), source="ledger"),
        text("kind", ("Mã việc", "Kind"), ("Loại bút toán.", "Kind of ledger entry."), source="ledger"),
        text("label_vi", ("Việc", "What (Vietnamese)"), ("Bằng lời.", "In Vietnamese."), source="ledger"),
        text("label_en", ("Việc (tiếng Anh)", "What"), ("Bằng tiếng Anh.", "In words."), source="ledger"),
        count("sessions", ("Số phiên", "Sessions"), ("Số phiên.", "Sessions.")),
        count("orders", ("Số đơn", "Orders"), ("Số đơn.", "Orders.")),
        money("amount_vnd", ("Giá trị", "Value"), ("Giá trị hàng.", "Value of goods.")),
    )
    rows: list[Row] = [
        (each.happened_on.isoformat(), *_values(each, ("kind", "label_vi", "label_en", "sessions", "orders", "amount_vnd")))
        for each in whole.report.late
    ]
    about = ("Việc xảy ra sau khi chốt, theo ngày.", "What happened after closing, by day.")
    return table_of("programme_late", ("Sau khi chốt", "After closing"), about, columns, rows)


def _periods(name: str, title: Words, about: Words, periods: tuple[PeriodRow, ...]) -> Table:
    columns = (
        text("first_day", ("Từ ngày", "First day"), ("Năm-tháng-ngày.", "Year-month-day.")),
        text("last_day", ("Đến ngày", "Last day"), ("Năm-tháng-ngày.", "Year-month-day.")),
        count("sessions", ("Số phiên", "Sessions"), ("Phiên và gian hàng có đơn hoặc bắt đầu.", "With orders or a start in these days.")),
        _HIDDEN,
        *map(_defined, _SALES),
    )
    rows: list[Row] = [
        (each.first_day.isoformat(), each.last_day.isoformat(), each.sessions, each.sales is None or None, *_values(each.sales, _SALES))
        for each in periods
    ]
    return table_of(f"programme_{name}", title, about, columns, rows)


def _sessions(whole: WholeProgramme) -> Table:
    of_audience = ("views", "unique_viewers", "viewers_peak")
    columns = (
        text("title", ("Phiên", "Session"), ("Tên phiên hoặc gian hàng.", "Session or booth.")),
        text("kind", ("Loại", "Kind"), ("stream: phiên; booth: gian hàng.", "stream or booth.")),
        text("state", ("Trạng thái", "State"), ("Trạng thái của phiên.", "State of the session.")),
        time("started_at", ("Bắt đầu", "Started"), ("Lúc bắt đầu.", "When it began.")),
        time("ended_at", ("Kết thúc", "Ended"), ("Lúc kết thúc.", "When it ended.")),
        text("commune_name", ("Xã, phường", "Commune"), ("Xã tổ chức.", "Commune that holds it.")),
        text("unit_name", ("Đơn vị", "Unit"), ("Đơn vị đoàn.", "Youth-union unit.")),
        _HIDDEN,
        *map(_defined, _SALES),
        money("closing_net_vnd", ("Thực thu lúc chốt", "Net at closing"), ("Trống: chưa chốt sổ, hoặc ẩn.", "Empty: not closed, or hidden.")),
        count("views", ("Lượt xem", "Views"), ("Trống: không đo.", "Empty: not measured."), source="measured"),
        count("unique_viewers", ("Người xem", "Unique viewers"), ("Thiết bị khác nhau, ước lượng.", "Devices, an estimate."), source="measured"),
        count("viewers_peak", ("Đông nhất", "Peak"), ("Người xem cùng lúc cao nhất.", "Most viewers at one moment."), source="measured"),
        time("summed_at", ("Cộng lúc", "Summed at"), ("Lúc các tổng này được cộng.", "When these sums were made."), source="derived"),
    )  # fmt: skip
    plain = ("title", "kind", "state", "started_at", "ended_at", "commune_name", "unit_name")
    rows: list[Row] = [
        (
            *(*_values(each, plain), each.sales is None or None, *_values(each.sales, _SALES)),
            *(None if each.at_closing is None else each.at_closing.net_vnd, *_values(each, of_audience), each.summed_at),
        )
        for each in whole.sessions
    ]
    about = ("Mỗi dòng là một phiên hoặc gian hàng.", "One row per session or booth.")
    return table_of("programme_sessions", ("Các phiên", "Sessions of it"), about, columns, rows)


def _league(league: League) -> Table:
    name, title, about = _GROUPS[league.by]
    late = money("late_change_vnd", ("Đổi sau khi chốt", "Changed late"), ("Phần đổi sau khi chốt.", "What came after closing changed."))
    columns = (
        _RANK,
        text("name", ("Tên", "Name"), ("Trống: phiên không thuộc nhóm nào.", "Empty: sessions that belong to none.")),
        text("about", ("Xã, phường", "Commune"), ("Của chủ thể.", "Of a producer.")),
        count("sessions", ("Số phiên", "Sessions"), ("Phiên và gian hàng.", "Sessions and booths.")),
        _HIDDEN,
        *map(_defined, _LEAGUE),
        late,
    )
    rows: list[Row] = [
        (*_values(each, ("rank", "name", "about", "sessions")), each.is_hidden or None, *_values(each, _LEAGUE), each.late_change_vnd)
        for each in league.rows
    ]
    return table_of(name, title, about, columns, rows)
