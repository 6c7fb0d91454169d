"""What runs as a cluster on this machine, written down by `ocop run-cluster` for whoever wants to find its parts."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

_NAME = "cluster.json"


class ClusterNote(BaseModel):
    """Addresses of the parts; it holds passwords, so only its user can read it. `nodes` are `http://host:port`."""

    model_config = ConfigDict(frozen=True)

    address: str
    nodes: list[str]
    database_url: str
    database_owner_url: str
    redis_url: str
    proxy_control: str


def write_note(data_dir: Path, note: ClusterNote) -> None:
    """Whole or not at all."""
    unfinished = data_dir / f"{_NAME}.new"
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(note.model_dump_json(indent=2))
    unfinished.replace(data_dir / _NAME)


def read_note(data_dir: Path) -> ClusterNote | None:
    """None where no cluster was started; it may have ended since."""
    try:
        return ClusterNote.model_validate_json((data_dir / _NAME).read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None
