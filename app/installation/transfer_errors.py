"""Why a session was not written into a package, or not taken out of one. Each has a code that scripts may rely on."""

from __future__ import annotations

from typing import ClassVar

from app.infra.startup import StartupError


class TransferRefused(StartupError):
    """One line for the person at the terminal, with the code at its end."""

    code: ClassVar[str] = "transfer_refused"

    def __init__(self, text: str) -> None:
        super().__init__(f"{text} ({self.code})")


class SessionUnknown(TransferRefused):
    """There is no such session here."""

    code = "transfer_session_unknown"


class SessionNotFinal(TransferRefused):
    """It is still sold in, or its measured figures are not final yet."""

    code = "transfer_session_not_final"


class SessionHereAlready(TransferRefused):
    """A session with this id is in this database."""

    code = "transfer_session_exists"


class PackageExists(TransferRefused):
    """Nothing is written over."""

    code = "transfer_file_exists"


class PackageUnreadable(TransferRefused):
    """The file is no package, or a part of it is missing."""

    code = "transfer_package_unreadable"


class PackageNewer(TransferRefused):
    """Made by code that is newer than this one."""

    code = "transfer_package_newer"


class PackageChanged(TransferRefused):
    """What is in it is not what was written: a hash does not fit, or the database refuses a row."""

    code = "transfer_package_changed"


class LedgerDoesNotFit(TransferRefused):
    """The chain, a column beside it, an order or a signed statement says something else than the ledger."""

    code = "transfer_ledger_does_not_fit"


class PackageConflicts(TransferRefused):
    """Something of it is here already under another owner."""

    code = "transfer_conflicts"


class PictureStoreAway(TransferRefused):
    """The store that keeps files of pictures does not answer."""

    code = "transfer_picture_store_away"


class PassphraseRefused(TransferRefused):
    """Too short, or not the one that the package was sealed with."""

    code = "transfer_passphrase_refused"
