"""The filled database of commit 8982c5f, made by `make_filled_dump.py` with that commit's own code, and what that code said about it."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
_NAME = "filled_8982c5f"
EXPORT = _FOLDER / f"{_NAME}_export.zip"


@dataclass(frozen=True, slots=True)
class Filled:
    """`sessions`: by id, what the old reports, lists and statements said. `revision`: where the old schema stood."""

    revision: str
    secret_key: str
    password: str
    sessions: dict[str, dict[str, Any]]

    def sql(self) -> str:
        return gzip.decompress((_FOLDER / f"{_NAME}.sql.gz").read_bytes()).decode()

    def one(self, state: str) -> str:
        """The first session in this state that the market's main organisation sold in, or prepared."""
        return next(
            session_id for session_id, said in self.sessions.items() if said["state"] == state and said["login"] == "bantochuc.hatinh"
        )


def read_filled() -> Filled:
    record = json.loads((_FOLDER / f"{_NAME}.json").read_text(encoding="utf-8"))
    return Filled("0001", record["secret_key"], record["password"], record["sessions"])
