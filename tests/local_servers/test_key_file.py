"""The secrets of a data folder: made once, kept for their user alone, replaced without forgetting the one before."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.infra.startup import StartupError
from app.local_servers.key_file import KeyFile


def test_a_secret_is_made_once_and_refused_when_others_can_read_it(tmp_path: Path) -> None:
    file = KeyFile(tmp_path)

    (secret,) = file.secrets()

    assert len(secret) >= 32
    assert file.secrets() == [secret]
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]
    file.path.chmod(0o640)
    with pytest.raises(StartupError, match="chmod 600"):
        file.secrets()


def test_a_new_secret_comes_before_the_others_and_an_old_one_can_be_dropped(tmp_path: Path) -> None:
    file = KeyFile(tmp_path)
    (first,) = file.secrets()

    second, kept = file.add_new()
    third, *_ = file.add_new()

    assert (kept, len({first, second, third})) == (first, 3)
    assert file.drop(second) == [third, first] == file.secrets()
    assert file.drop(third) == [third, first], "the one in use stays"


def test_an_empty_file_gets_a_secret(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch(0o600)

    assert len(KeyFile(tmp_path).secrets()) == 1
