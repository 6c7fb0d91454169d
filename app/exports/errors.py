"""Expected failures of exports."""

from __future__ import annotations

from app.errors import AppError, Conflict, NotFound


class ParquetNotInstalled(Conflict):
    """This installation has no library that writes Parquet: `pip install ocop-live[parquet]` brings it."""

    code = "parquet_not_installed"
    title_vi = "Máy chủ chưa cài thư viện Parquet: pip install ocop-live[parquet]."
    title_en = "Parquet is not installed on this server: pip install ocop-live[parquet]."


class TooManyExports(Conflict):
    """So many exports of this person wait or run already (`details["limit"]`)."""

    code = "too_many_exports"
    title_vi = "Đang có nhiều tệp chờ chuẩn bị, mời đợi hoặc hủy bớt."
    title_en = "Many files are being prepared already; please wait, or cancel some."


class ExportSessionGone(NotFound):
    """The session was there when the export was asked for, and is not any more."""

    code = "export_session_gone"
    title_vi = "Phiên này không còn nữa."
    title_en = "This session is not there any more."


class ExportTooLarge(AppError):
    """The file would be larger than `details["limit_bytes"]`: fewer tables at a time."""

    code = "export_too_large"
    title_vi = "Tệp quá lớn, mời chọn ít bảng hơn."
    title_en = "The file would be too large; please choose fewer tables."


class NotPublished(NotFound):
    """There is no such session, or its organisation does not show this to everybody (any more)."""

    code = "not_published"
    title_vi = "Phiên này không được công bố."
    title_en = "This session is not published."
