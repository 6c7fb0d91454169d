"""The supervisor of `ocop run`: what ends is started again, what cannot live is named."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from app.local_servers.supervisor import Program, StopSignals, Supervisor
from app.settings import child_environment


def _program(code: str, tmp_path: Path) -> Program:
    return Program("worker 1", [sys.executable, "-c", code], env=child_environment({}), cwd=tmp_path)


def test_a_part_that_ends_again_and_again_is_hopeless_and_named_with_how_it_ended(tmp_path: Path):
    said: list[str] = []
    supervisor = Supervisor(StopSignals(), said.append)
    supervisor.start(_program("raise SystemExit(7)", tmp_path), stage=1, stop_seconds=0.1)

    until = time.monotonic() + 30
    while not supervisor.hopeless(stage=1):
        assert time.monotonic() < until, said
        supervisor.tend()
        time.sleep(0.05)
    supervisor.stop()

    assert said[0] == "worker 1 ended unexpectedly (exit code 7); starting it again in 0.5 s."
    assert len(said) == 3


def test_a_part_that_died_once_is_not_hopeless(tmp_path: Path):
    said: list[str] = []
    supervisor = Supervisor(StopSignals(), said.append)
    once = "import os, signal, time, pathlib; p = pathlib.Path('once'); "
    once += "time.sleep(60) if p.exists() else (p.touch(), os.kill(os.getpid(), signal.SIGKILL))"
    program = _program(once, tmp_path)
    supervisor.start(program, stage=1, stop_seconds=0.1)

    until = time.monotonic() + 30
    while not (said and program.is_running):
        assert time.monotonic() < until, said
        supervisor.tend()
        time.sleep(0.05)

    assert not supervisor.hopeless(stage=1)
    assert said == ["worker 1 ended unexpectedly (killed by SIGKILL); starting it again in 0.5 s."]
    supervisor.stop()
