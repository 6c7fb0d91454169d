"""Expected failures of programmes, comparisons and youth-union units."""

from __future__ import annotations

from app.errors import BadRequest, Conflict, NotFound


class ProgrammeNotFound(NotFound):
    code = "programme_not_found"
    title_vi = "Không tìm thấy chương trình này."
    title_en = "There is no such programme."


class ProgrammeDaysUnfit(BadRequest):
    """The last day is before the first, or the programme is longer than `details["days_most"]` days."""

    code = "programme_days_unfit"
    title_vi = "Ngày kết thúc phải sau ngày bắt đầu, và chương trình không dài quá ba năm."
    title_en = "The last day has to follow the first, and a programme lasts three years at most."


class ProgrammeSessionUnfit(BadRequest):
    """`details["session_ids"]`: rehearsals, or sessions that are not this organisation's."""

    code = "programme_session_unfit"
    title_vi = "Có phiên không đưa vào chương trình được: phiên diễn tập hoặc phiên của đơn vị khác."
    title_en = "Some sessions cannot be in a programme: rehearsals, or those of others."


class ProgrammeTooLarge(Conflict):
    """More than `details["most"]` sessions and booths fall into its days: nothing is added up rather than a part of it."""

    code = "programme_too_large"
    title_vi = "Chương trình có quá nhiều phiên và gian hàng để cộng một lần."
    title_en = "The programme has too many sessions and booths to be added up at once."


class TooManyProgrammes(Conflict):
    """The organisation has `details["most"]` already."""

    code = "too_many_programmes"
    title_vi = "Đơn vị đã có quá nhiều chương trình."
    title_en = "The organisation has too many programmes already."


class UnionUnitNotFound(NotFound):
    code = "union_unit_not_found"
    title_vi = "Không tìm thấy đơn vị Đoàn này."
    title_en = "There is no such youth-union unit."


class UnionUnitExists(Conflict):
    code = "union_unit_exists"
    title_vi = "Đã có đơn vị Đoàn với tên này."
    title_en = "There is a youth-union unit of this name already."


class TooManyUnionUnits(Conflict):
    """The organisation has `details["most"]` already."""

    code = "too_many_union_units"
    title_vi = "Đơn vị đã khai quá nhiều đơn vị Đoàn."
    title_en = "The organisation has too many youth-union units already."


class ComparisonUnfit(BadRequest):
    """`details["session_ids"]`: rehearsals, or sessions that have not begun; or not two to eight different ones were named."""

    code = "comparison_unfit"
    title_vi = "So sánh được từ hai đến tám phiên đã lên sóng, không gồm phiên diễn tập."
    title_en = "Two to eight sessions that have begun can be compared, no rehearsals."


class LeagueOrderUnfit(BadRequest):
    """`details["orders"]`: what this league table can be ordered by."""

    code = "league_order_unfit"
    title_vi = "Bảng này không xếp theo số ấy được."
    title_en = "This table cannot be ordered by that figure."
