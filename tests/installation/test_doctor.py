"""The doctor finds what is wrong with an installation, says what to do, and ends with 1 only when something is bad."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.installation.doctor import Finding, _sealed, examine
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.settings import PROJECT_ROOT, Settings, child_environment, load_settings
from tests.infra.test_production import SOUND
from tests.orders.builders import a_wanted_order, an_offer
from tests.orders.conftest import market, queues, write

pytestmark = pytest.mark.slow

__all__ = ["market", "queues", "write"]


def settings_for(postgres_url: str, redis_url: str, folder: Path, **changes: Any) -> Settings:
    return load_settings(**(SOUND | {"database_url": postgres_url, "redis_url": redis_url, "data_dir": folder} | changes))


def bad(findings: list[Finding]) -> list[str]:
    return [finding.what for finding in findings if finding.level == "bad"]


def about(findings: list[Finding], words: str) -> Finding:
    return next(finding for finding in findings if words in finding.what)


def test_a_sound_installation_has_nothing_bad_and_each_remark_says_what_to_do(postgres_url: str, redis_url: str, tmp_path: Path) -> None:
    (tmp_path / "ocop.dump").touch()

    findings = list(examine(settings_for(postgres_url, redis_url, tmp_path, backup_folder=tmp_path)))

    # the tests' server does not wait for the disk, which is what the doctor is for
    assert [what for what in bad(findings) if not what.startswith("PostgreSQL has fsync=off")] == []
    assert all(finding.do for finding in findings if finding.level != "good")
    assert about(findings, "newest schema").level == about(findings, "newest backup").level == "good"


def test_what_is_wrong_is_found(postgres_server: EmbeddedPostgres, postgres_url: str, tmp_path: Path) -> None:
    postgres_server.run_sql("DROP TABLE alembic_version", database=urlsplit(postgres_url).path.lstrip("/"))
    key = tmp_path / "secret_key"
    key.write_text("0123")
    key.chmod(0o644)
    settings = settings_for(
        postgres_url, "redis://127.0.0.1:1/0", tmp_path, backup_folder=tmp_path / "backups", trusted_proxies=("*",), allowed_hosts=()
    )
    (tmp_path / "backups").mkdir()
    old = tmp_path / "backups" / "ocop.dump"
    old.touch()
    os.utime(old, (time.time() - 100 * 3600, time.time() - 100 * 3600))

    found = bad(list(examine(settings)))

    for words in (
        "OCOP_ALLOWED_HOSTS",
        "OCOP_TRUSTED_PROXIES",
        "Other users can read",
        "schema is missing",
        "100 hours old",
        "Redis cannot",
    ):
        assert any(words in what for what in found), (words, found)


async def test_receivers_in_the_clear_and_secrets_that_are_missing_are_found(database: Any, market: Any, queues: Any) -> None:
    offer_id = await an_offer(database, market)
    await queues.place(a_wanted_order(market, {offer_id: 1}))
    async with database.pool.acquire() as db:
        lost = [finding async for finding in _sealed(db, load_settings(**SOUND))]
        older = [finding async for finding in _sealed(db, load_settings(**(SOUND | {"former_secret_keys": ("tests",)})))]
        await db.execute("UPDATE order_contacts SET phone = '+84912345678'")
        plain = [finding async for finding in _sealed(db, load_settings(**SOUND))]

    assert [finding.level for finding in lost] == ["good", "bad"]
    assert older[1].do == "Run `ocop keys rotate`."
    assert (plain[0].level, plain[0].what) == ("look", "1 orders have a receiver in the clear.")


def test_the_command_ends_with_one_when_something_is_bad(postgres_url: str, redis_url: str, tmp_path: Path) -> None:
    environment = {"DATABASE_URL": postgres_url, "REDIS_URL": redis_url, "OCOP_DATA_DIR": str(tmp_path), "OCOP_SECRET_KEY": "weak"}
    done = [
        subprocess.run(
            [sys.executable, "-m", "app.cli", "doctor"],
            env=child_environment({**environment, "OCOP_ENVIRONMENT": mode}),
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        for mode in ("production", "development")
    ]

    assert done[0].returncode == 1
    assert "BAD    OCOP_SECRET_KEY has 4 characters" in done[0].stdout
    assert "openssl rand" in done[0].stdout
    assert "weak" not in done[0].stdout.replace("weaker", "")
    assert "look   OCOP_SECRET_KEY has 4 characters" in done[1].stdout
