"""A document as one file on disk, in any of the formats. Several CSV or Parquet tables lie together in a ZIP file with their dictionary."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import IO, Literal

from app.exports.definitions import dictionary
from app.exports.json_text import JsonText
from app.exports.parquet import ParquetFile
from app.exports.separated import SeparatedText, definitions_text
from app.exports.tables import Document, Language, Row, Table
from app.exports.workbook import write_workbook

TableFormat = Literal["xlsx", "csv", "json", "parquet"]
Progress = Callable[[int], Awaitable[None]]


async def write_file(folder: Path, document: Document, form: TableFormat, language: Language, progress: Progress) -> Path:
    """The finished file, somewhere in the folder, which is the caller's to remove. `progress` is told rows written and may raise to stop.

    Raises `ParquetNotInstalled`.
    """
    count = _Counting(progress)
    if form == "xlsx":
        path = folder / f"{document.file_stem}.xlsx"
        await write_workbook(path, document, language, progress)
        return path
    if form == "json":
        path = folder / f"{document.file_stem}.json"
        await _json(path, document, count)
        return path
    if form == "csv" and len(document.tables) == 1:
        path = folder / f"{document.file_stem}.csv"
        with _opened(path) as file:
            await _separated(file, document.tables[0], language, count)
        return path
    path = folder / f"{document.file_stem}-{form}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in document.tables:
            if form == "csv":
                with archive.open(f"{table.name}.csv", "w", force_zip64=True) as file:
                    await _separated(file, table, language, count)
            else:
                await _parquet(archive, folder, document, table, count)
        if form == "csv":
            archive.writestr("definitions.csv", definitions_text(document, language))
        else:
            archive.writestr("dictionary.json", json.dumps(dictionary(document), ensure_ascii=False, indent=1))
    return path


class _Counting:
    """Rows of a table as they come, told to `progress` over all tables."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._written = 0

    async def rows(self, table: Table) -> AsyncIterator[list[Row]]:
        async for rows in table.rows():
            yield rows
            self._written += len(rows)
            await self._progress(self._written)


def _opened(path: Path) -> IO[bytes]:
    return path.open("wb")


async def _separated(file: IO[bytes], table: Table, language: Language, count: _Counting) -> None:
    text = SeparatedText(table, language)
    file.write(text.take())
    async for rows in count.rows(table):
        # the loop, which keeps the job's lease, has its turn in between
        await asyncio.to_thread(text.add, rows)
        file.write(text.take())


async def _json(path: Path, document: Document, count: _Counting) -> None:
    text = JsonText(document)
    with _opened(path) as file:
        file.write(text.begin())
        for table in document.tables:
            file.write(text.open(table))
            async for rows in count.rows(table):
                file.write(await asyncio.to_thread(text.add, rows))
            file.write(text.close())
        file.write(text.end())


async def _parquet(archive: zipfile.ZipFile, folder: Path, document: Document, table: Table, count: _Counting) -> None:
    path = folder / f"{table.name}.parquet"
    parquet = ParquetFile(path, document, table)
    try:
        async for rows in count.rows(table):
            await asyncio.to_thread(parquet.add, rows)
    finally:
        parquet.close()
    # packed already
    await asyncio.to_thread(archive.write, path, path.name, zipfile.ZIP_STORED)
    path.unlink()
