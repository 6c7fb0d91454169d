"""Compiles the C programs of the benchmarks into build/bench."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from app.settings import PROJECT_ROOT

BENCH_FOLDER = PROJECT_ROOT / "build" / "bench"
_SOURCES = Path(__file__).parent
_OPTIONS = ("-O2", "-Wall", "-Wextra")
_LIBRARY = ("-shared", "-fPIC")


class BuildFailed(Exception):
    """A program could not be compiled; the message says why."""


def compiled(name: str, *, library: bool = False) -> Path:
    """The program, or shared library, made from `<name>.c`, compiled anew when its source is newer. Raises `BuildFailed`."""
    source, program = _SOURCES / f"{name}.c", BENCH_FOLDER / (f"{name}.so" if library else name)
    if program.exists() and program.stat().st_mtime > source.stat().st_mtime:
        return program
    compiler = shutil.which("cc")
    if compiler is None:
        raise BuildFailed("There is no C compiler (cc). On Debian: apt-get install gcc")
    BENCH_FOLDER.mkdir(parents=True, exist_ok=True)
    command = [compiler, *_OPTIONS, *(_LIBRARY if library else ()), "-o", str(program), str(source)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own source
    if result.returncode != 0:
        raise BuildFailed(f"{source.name} does not compile: {result.stderr.strip()}")
    return program
