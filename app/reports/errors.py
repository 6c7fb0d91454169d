"""Expected failures of reports and statements."""

from __future__ import annotations

from app.errors import AppError, Conflict, Unavailable


class StatementNotDue(Conflict):
    """The closing statement is signed when the session is closed; `details["state"]` says where it is."""

    code = "statement_not_due"
    title_vi = "Phiên chưa được chốt sổ nên chưa có biên bản."
    title_en = "The session is not closed yet, so there is no statement."


class LedgerBroken(AppError):
    """The hash chain does not fit at `details["seq"]`: nothing is signed, somebody must look."""

    code = "ledger_broken"
    title_vi = "Sổ đơn không khớp, chưa thể ký biên bản."
    title_en = "The ledger does not fit, nothing was signed."


class SigningKeyUnreadable(AppError):
    """The service's secret is another than when the organisation's key was made."""

    code = "signing_key_unreadable"
    title_vi = "Không mở được khoá ký của đơn vị."
    title_en = "The organisation's signing key cannot be opened with this secret."


class ReportBeingPrepared(Unavailable):
    """Too much of the ledger is not summed up yet (`details["entries_left"]`); it is being done, so ask again."""

    code = "report_being_prepared"
    title_vi = "Báo cáo đang được tổng hợp, mời xem lại sau ít giây."
    title_en = "The report is being put together, please look again in a few seconds."


class ExportIsAJob(Conflict):
    """The ledger is too long for a file made while one waits; ask for it with POST at `details["ask_at"]`."""

    code = "export_is_a_job"
    title_vi = "Sổ của phiên này dài, tệp phải được chuẩn bị trước."
    title_en = "The ledger of this session is long, so its file has to be prepared first."
