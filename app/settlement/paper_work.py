"""The child process that makes a settlement's file: facts as JSON come in, the file goes out. `files.py` starts one for each file."""

from __future__ import annotations

import json
import sys

from app.infra.child_limits import limit_this_process
from app.settlement.papers import settlement_paper
from app.settlement.sheets import settlement_sheet


def file_of(form: str, content: bytes) -> bytes:
    """The file, `pdf` or `xlsx`."""
    facts = json.loads(content)
    return bytes(settlement_paper(facts).output()) if form == "pdf" else settlement_sheet(facts)


def main() -> None:
    limit_this_process()
    sys.stdout.buffer.write(file_of(sys.argv[1], sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()
