"""The file a session travels in: a ZIP of one JSON line per row, and a manifest that holds a hash of each part.

manifest.json          form, schema, session, rows and SHA-256 of each part; written last
rows/<table>.jsonl     one row a line
pictures/<id>/<name>   files of pictures; the name, which stands in a row, begins with the hash of the content
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from app.installation.transfer_errors import PackageChanged, PackageExists, PackageNewer, PackageUnreadable

FORMAT = "ocop-live session 1"
_MANIFEST = "manifest.json"
_MANIFEST_BYTES_MOST = 1 << 20
_LINE_BYTES_MOST = 8 << 20
_FILE_BYTES_MOST = 16 << 20
_DAMAGES = (KeyError, OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
Row = dict[str, Any]


class Part(BaseModel):
    rows: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class PeopleSeal(BaseModel):
    """How the people's keys are wrapped: by a key that scrypt makes of a passphrase. `key_id` tells whether it is the right one."""

    salt: str = Field(pattern="^[0-9a-f]{32}$")
    key_id: str


class Manifest(BaseModel):
    """`schema_revision`: the newest migration of the database it comes from. `people`: None where they were left out."""

    format: str
    schema_revision: str
    made_at: str
    session_id: str
    title: str
    people: PeopleSeal | None
    parts: dict[str, Part]


class PackageWriter:
    """Written beside its place and put there when it is whole; readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        if path.exists():
            raise PackageExists(f"{path} exists: nothing is written over.")
        self._path = path
        self._unfinished = path.with_name(f"{path.name}.part")
        self._parts: dict[str, Part] = {}
        try:
            descriptor = os.open(self._unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise PackageUnreadable(f"{path} cannot be written: {error.strerror}.") from error
        self._file = os.fdopen(descriptor, "wb")
        self._archive = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED)

    @contextlib.contextmanager
    def part(self, table: str) -> Iterator[_PartWriter]:
        with self._archive.open(f"rows/{table}.jsonl", "w", force_zip64=True) as file:
            writer = _PartWriter(file)
            yield writer
        self._parts[table] = Part(rows=writer.rows, sha256=writer.digest.hexdigest())

    def add_file(self, path: str, content: bytes) -> None:
        """As it is: pictures are packed already."""
        self._archive.writestr(zipfile.ZipInfo(path), content)

    def finish(self, **about: Any) -> str:  # noqa: ANN401 - fields of `Manifest`
        """Returns the SHA-256 of the manifest, which stands for all of it."""
        text = Manifest(format=FORMAT, parts=self._parts, **about).model_dump_json(indent=1)
        self._archive.writestr(_MANIFEST, text)
        self._archive.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._unfinished.rename(self._path)
        return hashlib.sha256(text.encode()).hexdigest()

    def abandon(self) -> None:
        """Leaves nothing behind."""
        self._archive.close()
        self._file.close()
        self._unfinished.unlink(missing_ok=True)


class _PartWriter:
    def __init__(self, file: Any) -> None:  # noqa: ANN401 - what `zipfile` opens
        self._file, self.rows, self.digest = file, 0, hashlib.sha256()

    def add(self, row: Row) -> None:
        line = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        self.digest.update(line)
        self._file.write(line)
        self.rows += 1


class PackageReader:
    """Every hash is checked before a row is given out. Raises `PackageUnreadable`, `PackageChanged`, `PackageNewer`."""

    def __init__(self, path: Path) -> None:
        try:
            self._archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise PackageUnreadable(f"{path} is no package of a session: {error}.") from error
        try:
            text = self._manifest_text()
            self.manifest = _manifest_of(text)
        except BaseException:
            self._archive.close()
            raise
        self.sha256 = hashlib.sha256(text).hexdigest()

    def close(self) -> None:
        self._archive.close()

    def check(self) -> Iterator[str]:
        """Read every part and compare its hash; gives the names of those that fit, one after the other."""
        for table, part in self.manifest.parts.items():
            digest, rows = hashlib.sha256(), 0
            for line in self._lines(table):
                digest.update(line)
                rows += 1
            if digest.hexdigest() != part.sha256 or rows != part.rows:
                raise PackageChanged(f"The rows of {table[:60]} are not those that were written.")
            yield table

    def rows(self, table: str) -> Iterator[Row]:
        for line in self._lines(table):
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise PackageChanged(f"A row of {table} cannot be read.") from error
            if not isinstance(row, dict):
                raise PackageChanged(f"A row of {table} is none.")
            yield row

    def file(self, path: str) -> bytes:
        """What lies there; whoever asks knows its hash. Raises `PackageUnreadable`."""
        try:
            with self._archive.open(path) as file:
                content = file.read(_FILE_BYTES_MOST + 1)
        except _DAMAGES as error:
            raise PackageUnreadable(f"{path} cannot be read: {error}.") from error
        if len(content) > _FILE_BYTES_MOST:
            raise PackageUnreadable(f"{path} is too long.")
        return content

    def _lines(self, table: str) -> Iterator[bytes]:
        try:
            with self._archive.open(f"rows/{table}.jsonl") as file:
                while line := file.readline(_LINE_BYTES_MOST):
                    if not line.endswith(b"\n"):
                        raise PackageChanged(f"A row of {table[:60]} is not whole.")
                    yield line
        except _DAMAGES as error:
            raise PackageUnreadable(f"The rows of {table[:60]} cannot be read: {error}.") from error

    def _manifest_text(self) -> bytes:
        try:
            with self._archive.open(_MANIFEST) as file:
                text = file.read(_MANIFEST_BYTES_MOST + 1)
        except _DAMAGES as error:
            raise PackageUnreadable("There is no manifest in the file.") from error
        if len(text) > _MANIFEST_BYTES_MOST:
            raise PackageUnreadable("The manifest is too long.")
        return text


def _manifest_of(text: bytes) -> Manifest:
    try:
        said = json.loads(text)
        if isinstance(said, dict) and said.get("format") != FORMAT:
            raise PackageNewer(f"The package says it is {str(said.get('format'))[:60]!r}; this code reads {FORMAT!r}.")
        return Manifest.model_validate(said)
    except (ValueError, RecursionError) as error:
        raise PackageUnreadable("The manifest cannot be read.") from error
