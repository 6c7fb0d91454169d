"""Primary and standby of one machine: who is lost is made anew from the other one, and two never take writes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.infra.startup import StartupError
from app.local_servers.replicated_postgres import ReplicatedPostgres
from tests.conftest import make_server_folder

IS_STANDBY = "SELECT pg_is_in_recovery()"
PROMOTE = "ALTER SYSTEM RESET synchronous_standby_names;\nSELECT pg_reload_conf();\nSELECT pg_promote();"

pytestmark = pytest.mark.slow


@pytest.fixture
def folders() -> Iterator[tuple[Path, Path]]:
    made = (make_server_folder(), make_server_folder())
    yield made
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def pair(folders: tuple[Path, Path]) -> Iterator[tuple[ReplicatedPostgres, ReplicatedPostgres]]:
    """Both run, and commits wait for the second one."""
    one, two = folders
    first, second = (
        ReplicatedPostgres(one, other_dir=two, shared_buffers_mb=32),
        ReplicatedPostgres(two, other_dir=one, shared_buffers_mb=32),
    )
    with ExitStack() as stack:
        for server in (first, second):
            server.start()
            stack.callback(server.stop)
        first.let_commits_wait()
        yield first, second


def test_who_was_lost_follows_the_promoted_one_which_waits_for_it_again(
    pair: tuple[ReplicatedPostgres, ReplicatedPostgres], folders: tuple[Path, Path]
):
    for (lost, promoted), folder in zip((pair, pair[::-1]), folders, strict=True):
        lost.run_sql(f"CREATE TABLE {folder.name.replace('-', '_')} (number int)", database="ocop")
        lost.stop()
        shutil.rmtree(folder / "postgres")
        promoted.run_sql(PROMOTE)
        assert (lost.leads, promoted.leads) == (False, True)

        lost.start()
        promoted.let_commits_wait()

        assert [server.run_sql(IS_STANDBY) for server in (lost, promoted)] == ["t", "f"]
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert [server.run_sql(tables, database="ocop") for server in pair] == ["2", "2"]


def test_a_primary_does_not_come_back_beside_the_one_that_was_promoted(pair: tuple[ReplicatedPostgres, ReplicatedPostgres]):
    primary, standby = pair
    primary.stop()
    standby.run_sql(PROMOTE)

    with pytest.raises(StartupError, match="would both take writes"):
        primary.start()

    assert not primary.is_running


def test_nobody_begins_anew_beside_a_standby_that_has_yet_to_be_promoted(
    pair: tuple[ReplicatedPostgres, ReplicatedPostgres], folders: tuple[Path, Path]
):
    primary, standby = pair
    primary.stop()
    shutil.rmtree(folders[0] / "postgres")

    with pytest.raises(StartupError, match="promote it"):
        primary.start()

    assert not primary.has_files
    assert standby.run_sql(IS_STANDBY) == "t"
