"""Only so many processes of a machine are at their turn at once, and a dead one is not."""

from __future__ import annotations

import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from app.infra.machine_turns import MachineTurns, open_turns
from tests.patience import START_SECONDS

HOLDER = """
import sys, time
from pathlib import Path
from app.infra.machine_turns import MachineTurns
print(MachineTurns(Path(sys.argv[1]), at_once=1).take(), flush=True)
time.sleep(600)
"""


def test_no_more_than_so_many_are_at_their_turn(tmp_path: Path) -> None:
    first, second, third = (MachineTurns(tmp_path, at_once=2) for _ in range(3))

    assert first.take()
    assert first.take(), "its turn goes on"
    assert second.take()
    assert not third.take()

    first.give_back()
    assert third.take()
    assert not first.take()
    for turns in (first, second, third):
        turns.close()


def test_who_gave_back_twice_has_given_nothing_of_others(tmp_path: Path) -> None:
    first, second = (MachineTurns(tmp_path, at_once=1) for _ in range(2))
    assert first.take()
    first.give_back()
    assert second.take()

    first.give_back()
    assert not first.take()
    first.close()
    assert not first.take()
    second.close()


def test_the_end_of_a_process_ends_its_turn(tmp_path: Path) -> None:
    turns = MachineTurns(tmp_path, at_once=1)
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline().strip() == "True"
            assert not turns.take()
        finally:
            holder.kill()
            holder.wait(START_SECONDS)

    assert turns.take()
    turns.close()


async def test_without_a_folder_nobody_waits(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        assert open_turns("", stack, at_once=1) is None
        assert open_turns(str(tmp_path / "gone"), stack, at_once=1) is None
        turns = open_turns(str(tmp_path), stack, at_once=1)
        assert turns is not None
        assert turns.take()
