"""Programs of a benchmark end with it, however it ends."""

from __future__ import annotations

import subprocess
import sys

from app.settings import PROJECT_ROOT, child_environment

# Both write to the same pipe, so its end comes when both have ended.
_BENCHMARK = """
import signal, subprocess, sys
from benchmarks.load.tied import tied
server = subprocess.Popen(tied([sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]))
sys.stdin.readline()
server.send_signal(signal.SIGSTOP)
print("stands still", flush=True)
signal.pause()
"""


def test_a_server_that_stands_still_ends_with_a_benchmark_that_is_killed() -> None:
    benchmark = subprocess.Popen(
        [sys.executable, "-c", _BENCHMARK],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=child_environment({"PYTHONPATH": str(PROJECT_ROOT)}),
    )
    with benchmark:
        assert benchmark.stdin is not None
        assert benchmark.stdout is not None
        assert benchmark.stdout.readline() == "up\n"
        benchmark.stdin.write("\n")
        benchmark.stdin.flush()
        assert benchmark.stdout.readline() == "stands still\n"

        benchmark.kill()

        assert benchmark.stdout.read() == ""
