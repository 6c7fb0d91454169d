"""The export of a closed session: the signed statement, the whole ledger, and the program that checks them, in one ZIP file."""

from __future__ import annotations

import asyncio
import io
import zipfile
from pathlib import Path
from uuid import UUID

from app.infra.database import RawConnection
from app.reports import queries
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


async def export_zip(db: RawConnection, session_id: UUID, statement: Statement) -> bytes:
    """The file for one statement; entries after it are not included."""
    lines: list[str] = []
    async for _, body, stored_hash, _ in queries.each_ledger_row(db, session_id, to=statement.last_seq):
        lines.append(f"{stored_hash.hex()} {body}\n")
    # packing megabytes takes a good part of a second: not on the event loop
    return await asyncio.to_thread(_packed, statement, lines)


def _packed(statement: Statement, lines: list[str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", READ_ME)
        archive.writestr("statement.json", statement.body)
        archive.writestr("statement.sig", f"{statement.signed.signature.hex()}\n{statement.signed.public_key.hex()}\n")
        archive.writestr("ledger.txt", "".join(lines))
        archive.writestr("verify.py", VERIFIER.read_text(encoding="utf-8"))
    return packed.getvalue()
