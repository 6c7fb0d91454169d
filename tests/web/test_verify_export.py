"""The verifier of the page says what the verifier in Python says, whatever was done to an export. In Chromium: tests/browser/test_public_report.py."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.web.modules import SCRIPTS_DIR
from tests.patience import START_SECONDS
from tests.reports.exports import run_verifier
from tests.reports.tampered import KEY, corpus
from tests.web.browser_module import NODE

RUNNER = Path(__file__).with_name("verify_export.mjs")
OURS = KEY.public_key().public_bytes_raw().hex()


def verdicts_of_the_page(folder: Path, key: str | None) -> dict[str, Any]:
    arguments = [str(NODE), str(RUNNER), str(SCRIPTS_DIR / "verify_export.js"), str(folder), *([key] if key else [])]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=START_SECONDS)
    verdicts: dict[str, Any] = json.loads(done.stdout)
    return verdicts


@pytest.mark.parametrize("key", [None, OURS, "ab" * 32])
async def test_both_verifiers_say_the_same_of_every_export(tmp_path: Path, key: str | None) -> None:
    made = await corpus()
    names = {f"{number:03}.zip": name for number, name in enumerate(made)}
    for file, name in names.items():
        (tmp_path / file).write_bytes(made[name])

    by_page = {names[file]: verdict for file, verdict in verdicts_of_the_page(tmp_path, key).items()}
    by_python = {name: run_verifier(str(tmp_path / file), *(["--key", key] if key else [])) for file, name in names.items()}

    assert {name: verdict["code"] for name, verdict in by_page.items()} == {name: code for name, (code, _) in by_python.items()}
    # what does not fit, and what fits, in the same words; an archive that cannot be read has words of its own
    said = {name: line.rstrip("\n") for name, (code, line) in by_python.items() if code != 2}
    assert {name: by_page[name]["said"] for name in said} == said
    assert {code for code, _ in by_python.values()} == ({1, 2} if key == "ab" * 32 else {0, 1, 2})
