"""Processes of ours lead sessions of their own, and say there how much they count beside others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.infra.cores import core_count, share_of_core
from app.local_servers.child_process import spawn
from tests.patience import START_SECONDS

TAKE = "import sys; from app.infra.processor_share import take_share; print(take_share(float(sys.argv[1])))"
SAY = f"{TAKE}; print(open('/proc/self/autogroup').read() if sys.argv[2] == 'yes' else '')"
HAS_AUTOGROUP = Path("/proc/self/autogroup").exists()
ROOT = Path(__file__).parents[2]


def say(share: float, *, own_session: bool) -> list[str]:
    command = [sys.executable, "-c", SAY, str(share), "yes" if HAS_AUTOGROUP else "no"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=START_SECONDS, check=True, start_new_session=own_session, cwd=ROOT
    )
    return done.stdout.split()


@pytest.mark.parametrize(("share", "steps"), [(1 / 9, 10), (0.5, 3), (0.0001, 19), (0.0, 19)])
def test_a_process_counts_as_much_as_its_share_says(share: float, steps: int) -> None:
    said = say(share, own_session=True)

    assert said[0] == str(HAS_AUTOGROUP)
    if HAS_AUTOGROUP:
        assert said[2:] == ["nice", str(steps)]


@pytest.mark.parametrize("share", [1.0, 2.0])
def test_a_whole_share_changes_nothing(share: float) -> None:
    said = say(share, own_session=True)

    assert said[0] == "False"
    assert said[2:] == (["nice", "0"] if HAS_AUTOGROUP else [])


def test_a_session_of_somebody_else_is_left_alone() -> None:
    before = Path("/proc/self/autogroup").read_text() if HAS_AUTOGROUP else ""

    assert say(0.1, own_session=False)[0] == "False"
    assert not HAS_AUTOGROUP or Path("/proc/self/autogroup").read_text() == before


def test_each_child_leads_a_session_of_its_own(tmp_path: Path) -> None:
    told = tmp_path / "told"
    child = spawn(
        "one that tells", [sys.executable, "-c", f"import os; open({str(told)!r}, 'w').write(str(os.getsid(0)))"], env={}, cwd=tmp_path
    )

    assert child.wait(START_SECONDS)
    assert told.read_text() == str(child.pid)


def test_workers_share_the_cores_that_there_are() -> None:
    assert share_of_core(0) == 1
    assert share_of_core(core_count()) == 1
    assert share_of_core(4 * core_count()) == 0.25
