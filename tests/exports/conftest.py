"""A market that sold, and a runner that makes its exports as `ocop jobs` does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.exports.builders import Exporting
from tests.reports.builders import Fair
from tests.reports.conftest import fair

__all__ = ["fair"]


@pytest.fixture
def exporting(fair: Fair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Exporting]:
    # what is left in this folder afterwards was left behind
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    yield Exporting(fair)
    assert list(tmp_path.glob("ocop-export-*")) == []
