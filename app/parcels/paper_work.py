"""The child process that makes a PDF file: facts as JSON come in, the file goes out. `prints.py` starts one for each file."""

from __future__ import annotations

import json
import sys

from app.infra.child_limits import limit_this_process
from app.parcels.papers import PAPERS


def paper(kind: str, content: bytes) -> bytes:
    """The file. `kind` is a name of `PAPERS`."""
    return bytes(PAPERS[kind](json.loads(content)).output())


def main() -> None:
    limit_this_process()
    sys.stdout.buffer.write(paper(sys.argv[1], sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()
