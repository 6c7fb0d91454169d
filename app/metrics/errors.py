"""Expected failures of statistics."""

from __future__ import annotations

from app.errors import Conflict, NotFound


class StatisticsNotFound(NotFound):
    """The session does not exist, or belongs to another organisation; the answer is the same for both."""

    code = "statistics_not_found"
    title_vi = "Không tìm thấy số liệu của phiên này."
    title_en = "There are no statistics for this session."


class StatisticsNotComplete(Conflict):
    """Redis has not yet counted every ledger entry, so the figures may not become final."""

    code = "statistics_not_complete"
    retryable = True
    title_vi = "Số liệu chưa đầy đủ, mời thử lại sau ít giây."
    title_en = "The figures are not complete yet, please try again in a few seconds."
