"""`ocop places check FILE` and `ocop places import FILE`: corrections and newer decisions without a release of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import asyncpg
import structlog
import typer
from sqlalchemy.exc import SQLAlchemyError

from app.catalog.gazetteer import Gazetteer, shipped
from app.catalog.places_file import FileCheck, check_places_file
from app.catalog.places_store import add_import, has_places_table, imported_versions, lock_imports
from app.infra.database import Database, open_database
from app.infra.startup import StartupError
from app.infra.telemetry import configure_logging
from app.settings import Settings, load_settings

log = structlog.get_logger(__name__)

PlacesFile = Annotated[
    Path, typer.Argument(help="CSV with the columns code, name, valid_from (and province_code, valid_to, decision, withdrawn)")
]


def places_commands(
    stores: Callable[[Settings], AbstractContextManager[Settings]], newest_schema: Callable[[Settings], None]
) -> typer.Typer:
    """The commands, on stores that the caller opens; `newest_schema` brings a database up to date."""
    commands = typer.Typer()

    @commands.command()
    def check(file: PlacesFile) -> None:
        """Say of every row whether it can be taken, and what would change. Stores nothing. Exit code 1: some rows are bad."""
        with stores(load_settings()) as settings:
            outcome = check_against_database(settings, file)
        raise typer.Exit(tell(outcome, "Would change"))

    @commands.command("import")
    def take_over(file: PlacesFile) -> None:
        """Store what the file changes, all or nothing; running workers know it within seconds. Again: changes nothing."""
        with stores(load_settings()) as settings:
            newest_schema(settings)
            configure_logging(form=settings.log_format, level=settings.log_level)
            outcome = import_places(settings, file)
        raise typer.Exit(tell(outcome, "Changed"))

    return commands


def check_against_database(settings: Settings, file: Path) -> FileCheck:
    """What importing the file would do now. Blocks. Raises `UnreadablePlacesFile`, `StartupError`."""

    async def work(database: Database) -> FileCheck:
        async with database.transactions() as db:
            known = shipped()
            if await has_places_table(db):
                known = known.with_versions(await imported_versions(db))
        return check_places_file(file, known)

    return asyncio.run(_on_database(settings, work))


def import_places(settings: Settings, file: Path) -> FileCheck:
    """Store what the file changes, unless a row is bad. Blocks. Raises `UnreadablePlacesFile`, `StartupError`."""

    async def work(database: Database) -> FileCheck:
        async with database.transactions.begin() as db:
            await lock_imports(db)
            known: Gazetteer = shipped().with_versions(await imported_versions(db))
            outcome = check_places_file(file, known)
            if outcome.changes and not outcome.problems:
                versions = [change.version for change in outcome.changes]
                import_id = await add_import(db, versions, file_name=outcome.file_name, file_sha256=outcome.file_sha256)
                log.info("places_imported", import_id=import_id, file=outcome.file_name, sha256=outcome.file_sha256, changes=len(versions))
        return outcome

    return asyncio.run(_on_database(settings, work))


async def _on_database(settings: Settings, work: Callable[[Database], Awaitable[FileCheck]]) -> FileCheck:
    if settings.database_url is None:
        raise StartupError("Places need DATABASE_URL.")
    try:
        async with open_database(settings.database_url.get_secret_value(), settings.database) as database:
            return await work(database)
    except (OSError, asyncpg.PostgresError, SQLAlchemyError) as error:
        raise StartupError(f"PostgreSQL did not do it ({type(error).__name__}); nothing was stored.") from error


def tell(outcome: FileCheck, heading: str) -> int:
    """Print the outcome; the exit code is 1 when a row is bad."""
    bad = len({problem.line for problem in outcome.problems})
    unchanged = max(0, outcome.rows - bad - len(outcome.changes))
    typer.echo(f"{outcome.file_name}: {outcome.rows} rows, {len(outcome.changes)} with changes, {unchanged} as they are, {bad} bad.")
    for problem in outcome.problems:
        typer.echo(f"  line {problem.line}: {problem.text}")
    if outcome.changes:
        typer.echo("Would change, once no row is bad:" if outcome.problems else f"{heading}:")
    for change in outcome.changes:
        typer.echo(f"  line {change.line}: {change.text}")
    if outcome.problems:
        typer.echo("Nothing was stored.")
        return 1
    return 0
