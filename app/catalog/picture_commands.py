"""`ocop pictures move`: from PostgreSQL into an S3-compatible store, or back, while the service runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Annotated

import asyncpg
import typer
from sqlalchemy.exc import SQLAlchemyError

from app.catalog.picture_stores import Moved, PictureMove, Store
from app.errors import Unavailable
from app.infra.database import open_database
from app.infra.startup import StartupError
from app.settings import Settings, load_settings


def picture_commands(
    stores: Callable[[Settings], AbstractContextManager[Settings]], newest_schema: Callable[[Settings], None]
) -> typer.Typer:
    """The commands, on stores that the caller opens; `newest_schema` brings a database up to date."""
    commands = typer.Typer()

    @commands.callback()
    def _several() -> None:
        """Keep `move` a name of its own."""

    @commands.command()
    def move(
        to: Annotated[str, typer.Option(help="postgresql or s3 (set OCOP_PICTURES__S3_…)")],
        drop: Annotated[bool, typer.Option("--drop", help="throw away in the old store what the new one has")] = False,
    ) -> None:
        """Copy every picture's files into the other store, read back and checked. Safe to repeat and to interrupt.

        Copy; set OCOP_PICTURES__STORE and restart the service; then run it again with --drop. Exit code 1: some files are nowhere whole.
        """
        target: Store | None = "s3" if to == "s3" else "postgresql" if to == "postgresql" else None
        if target is None:
            raise StartupError("--to is postgresql or s3.")
        with stores(load_settings()) as settings:
            newest_schema(settings)
            moved = asyncio.run(_move(settings, target, drop=drop))
        typer.echo(_words(moved))
        raise typer.Exit(1 if moved.missing else 0)

    return commands


async def _move(settings: Settings, to: Store, *, drop: bool) -> Moved:
    if settings.database_url is None:
        raise StartupError("Pictures need DATABASE_URL.")
    if drop and settings.pictures.store != to:
        raise StartupError(f"--drop would take the files away from a service that reads them there: first set OCOP_PICTURES__STORE={to}.")
    try:
        async with open_database(settings.database_url.get_secret_value(), settings.database) as database:
            return await PictureMove(database, settings.pictures, to).run(drop=drop, on_progress=lambda moved: typer.echo(_words(moved)))
    except Unavailable as error:
        raise StartupError("The store of pictures is away. What was copied stays; run the same again.") from error
    except (OSError, asyncpg.PostgresError, SQLAlchemyError) as error:
        raise StartupError(f"PostgreSQL did not do it ({type(error).__name__}). What was copied stays; run the same again.") from error


def _words(moved: Moved) -> str:
    words = f"{moved.pictures} pictures: {moved.copied} files copied, {moved.already_there} were there"
    if moved.dropped:
        words += f", {moved.dropped} dropped from the old store"
    if moved.missing:
        words += f", {moved.missing} nowhere whole"
    return f"{words}."
