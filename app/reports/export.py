"""The export of a closed session: the signed statement, the whole ledger, and the program that checks them, in one ZIP file."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, cast
from uuid import UUID

from app.infra.database import RawConnection
from app.reports import queries
from app.reports.folding import Row
from app.reports.statement import Statement

VERIFIER = Path(__file__).with_name("verify.py")

READ_ME = """\
This is everything that is needed to check the figures of one livestream session, and nothing about its buyers.

  statement.json   the figures, as they were signed
  statement.sig    the signature and the public key of the organisation (hex)
  ledger.txt       one line per fact about an order: SHA-256 of the line before and this text, then the text
  verify.py        checks all of it; needs Python 3.11 or newer and nothing else

  python3 verify.py .

Compare the key it prints with the one that the organisation publishes, or give it: python3 verify.py . --key HEX

--
Đây là toàn bộ dữ liệu để kiểm lại số liệu của một phiên livestream, không chứa thông tin người mua.
"""


class ExportArchive:
    """The ZIP file, made piece by piece; `take` gives what is packed so far, so that it need not be in memory as a whole."""

    def __init__(self, statement: Statement) -> None:
        self._sink = _Sink()
        self._archive = zipfile.ZipFile(cast("IO[bytes]", self._sink), "w", zipfile.ZIP_DEFLATED)
        self._archive.writestr("README.txt", READ_ME)
        self._archive.writestr("statement.json", statement.body)
        self._archive.writestr("statement.sig", f"{statement.signed.signature.hex()}\n{statement.signed.public_key.hex()}\n")
        self._archive.writestr("verify.py", VERIFIER.read_text(encoding="utf-8"))
        self._ledger = self._archive.open("ledger.txt", "w")

    def add(self, rows: Iterable[Row]) -> None:
        """Further entries of the ledger, in order."""
        self._ledger.write("".join(f"{stored_hash.hex()} {body}\n" for _, body, stored_hash, _ in rows).encode())

    def take(self) -> bytes:
        return self._sink.take()

    def close(self) -> bytes:
        """The rest of the file."""
        self._ledger.close()
        self._archive.close()
        return self._sink.take()


class _Sink:
    """What `zipfile` writes to: it cannot seek, so nothing is ever changed in what was taken."""

    def __init__(self) -> None:
        self._packed = bytearray()

    def write(self, data: bytes) -> int:
        self._packed += data
        return len(data)

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def take(self) -> bytes:
        packed = bytes(self._packed)
        self._packed.clear()
        return packed


async def export_zip(db: RawConnection, session_id: UUID, statement: Statement) -> bytes:
    """The file for one statement over a short ledger; entries after it are not included."""
    rows = await queries.ledger_rows(db, session_id, after=0, to=statement.last_seq)
    # packing takes tens of milliseconds: not on the event loop
    return await asyncio.to_thread(_packed, statement, rows)


def _packed(statement: Statement, rows: Sequence[Row]) -> bytes:
    archive = ExportArchive(statement)
    archive.add(rows)
    return archive.close()
