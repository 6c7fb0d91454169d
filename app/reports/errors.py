"""Expected failures of reports and statements."""

from __future__ import annotations

from app.errors import AppError, Conflict


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
