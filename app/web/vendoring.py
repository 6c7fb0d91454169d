"""The vendored browser libraries: verify them against their list, or fetch them afresh from their packages.

Run as `python -m app.web.vendoring verify|refresh`; pages read the import map through `load_import_map`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

VENDOR_DIR = Path(__file__).resolve().parent / "static" / "vendor"
LIST_NAME = "VENDORED.json"
IMPORT_MAP_NAME = "importmap.json"
STATIC_URL = "/static/vendor/"
PACK_TIMEOUT_SECONDS = 120.0


class VendoringFailed(RuntimeError):
    """A package could not be fetched, or lacks a file that the list names. A tool's failure: no client ever sees it, so no code."""


class VendoredFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(description="path below static/vendor", pattern=r"^[a-z0-9.-]+(/[A-Za-z0-9._-]+)+$")
    source: str = Field(description="path inside the package")
    sha256: str = Field("", pattern=r"^([0-9a-f]{64})?$")


class VendoredPackage(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    licence: str
    purpose: str
    files: tuple[VendoredFile, ...]


class VendoredList(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    packages: tuple[VendoredPackage, ...]


class ImportMap(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    imports: dict[str, str]


def load_list(folder: Path = VENDOR_DIR) -> VendoredList:
    """What ought to be in `folder`. Raises `pydantic.ValidationError` when the list itself is broken."""
    return VendoredList.model_validate_json((folder / LIST_NAME).read_bytes())


def load_import_map(folder: Path = VENDOR_DIR) -> dict[str, dict[str, str]]:
    """The import map as the pages print it: `{"imports": {bare name: address}}`."""
    return ImportMap.model_validate_json((folder / IMPORT_MAP_NAME).read_bytes()).model_dump()


def verify(folder: Path = VENDOR_DIR) -> list[str]:
    """One line per difference between `folder` and its list; empty when every byte is as listed."""
    listed = {file.path: file.sha256 for package in load_list(folder).packages for file in package.files}
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {LIST_NAME, IMPORT_MAP_NAME}
    problems = [f"{path}: listed but missing" for path in sorted(listed.keys() - present)]
    problems += [f"{path}: present but not listed" for path in sorted(present - listed.keys())]
    problems += [
        f"{path}: differs from its sha256"
        for path in sorted(listed.keys() & present)
        if hashlib.sha256((folder / path).read_bytes()).hexdigest() != listed[path]
    ]
    for name, address in sorted(load_import_map(folder)["imports"].items()):
        if address.removeprefix(STATIC_URL) not in listed:
            problems.append(f"{IMPORT_MAP_NAME}: {name} points to {address}, which is not vendored")
    return problems


def refresh(folder: Path = VENDOR_DIR) -> list[str]:
    """Fetch every listed package at its listed version, replace its files and hashes; returns the paths that changed.

    Raises `VendoringFailed`; nothing below `folder` is touched unless all packages arrived whole.
    """
    wanted = load_list(folder)
    contents: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory(prefix="vendoring-") as scratch:
        for package in wanted.packages:
            contents |= extract_files(_pack(package, Path(scratch)), package)
    return _write(folder, wanted, contents)


def extract_files(archive: Path, package: VendoredPackage) -> dict[str, bytes]:
    """The listed files of `package`, read from its archive, by vendored path. Raises `VendoringFailed` when one is missing."""
    found: dict[str, bytes] = {}
    with tarfile.open(archive) as packed:
        for file in package.files:
            # Archives carry one leading folder; files are read by exact name, so a hostile path can write nowhere.
            try:
                stream = packed.extractfile(f"package/{file.source}")
            except KeyError:
                stream = None
            if stream is None:
                raise VendoringFailed(f"{package.name}@{package.version} has no file {file.source}")
            found[file.path] = stream.read()
    return found


def _pack(package: VendoredPackage, scratch: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise VendoringFailed("npm is not on the PATH; it is needed only to refresh vendored files")
    command = [npm, "pack", "--json", "--ignore-scripts", f"{package.name}@{package.version}"]
    done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, timeout=PACK_TIMEOUT_SECONDS, check=False)  # noqa: S603 - fixed words and our own list
    if done.returncode != 0:
        raise VendoringFailed(f"npm pack {package.name}@{package.version} failed: {done.stderr.strip()[-400:]}")
    return scratch / str(_first_report(json.loads(done.stdout))["filename"])


def _first_report(reports: object) -> dict[str, object]:
    # npm changed this answer from a list to a mapping by package name; both are in use.
    entries = list(reports.values()) if isinstance(reports, dict) else reports
    if not isinstance(entries, list) or not entries or not isinstance(entries[0], dict):
        raise VendoringFailed("npm pack answered in an unknown form")
    return entries[0]


def _write(folder: Path, wanted: VendoredList, contents: dict[str, bytes]) -> list[str]:
    changed: list[str] = []
    packages: list[VendoredPackage] = []
    for package in wanted.packages:
        files: list[VendoredFile] = []
        for file in package.files:
            body = contents[file.path]
            target = folder / file.path
            if not target.is_file() or target.read_bytes() != body:
                changed.append(file.path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(body)
            files.append(file.model_copy(update={"sha256": hashlib.sha256(body).hexdigest()}))
        packages.append(package.model_copy(update={"files": tuple(files)}))
    text = VendoredList(packages=tuple(packages)).model_dump_json(indent=2)
    (folder / LIST_NAME).write_text(text + "\n", encoding="utf-8")
    return changed


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code (1 when a file differs or a package cannot be fetched)."""
    parser = argparse.ArgumentParser(prog="python -m app.web.vendoring", description=__doc__)
    parser.add_argument("action", choices=("verify", "refresh"))
    action = parser.parse_args(arguments).action
    try:
        changed = refresh() if action == "refresh" else []
    except VendoringFailed as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    problems = verify()
    lines = [f"changed {path}" for path in changed] + problems
    lines.append(f"{len(problems)} problems" if problems else "vendored files are as listed")
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
