"""`ocop export-session` and `ocop import-session`: one session that is over, from one installation to another."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.settings import Settings

_ROWS_TOLD = 20_000


def add_session_commands(cli: typer.Typer) -> None:
    """What they need is imported when one of them is called."""
    cli.command("export-session")(export_session)
    cli.command("import-session")(import_session)


def export_session(
    session_id: Annotated[UUID, typer.Argument(help="id of the session, as its address in /organiser shows it")],
    file: Annotated[Path, typer.Argument(help="where to write the package; must not exist")],
    with_people: Annotated[bool, typer.Option("--with-people", help="receivers and complaints too, sealed with a passphrase")] = False,
) -> None:
    """Write a session that is over into a package that `ocop import-session` takes in elsewhere. Beside the running service."""
    from app.catalog.picture_stores import open_picture_files
    from app.infra.database import open_database
    from app.infra.key_ring import key_ring_of
    from app.infra.postgres_hosts import PostgresHosts
    from app.installation.opening import open_stores, owner_url, with_secret_key
    from app.installation.session_export import SessionExport, fold_whole
    from app.settings import load_settings

    passphrase = _read_passphrase(new=True) if with_people else None

    async def run(settings: Settings) -> SessionExport:
        async with open_database(owner_url(settings), settings.database) as database:
            await fold_whole(database, session_id)
            files = open_picture_files(settings.pictures.store, settings.pictures, database)
            db = await PostgresHosts(owner_url(settings)).connect()
            try:
                export = SessionExport(db, key_ring_of(settings), session_id, files=files, passphrase=passphrase)
                await _told(export.write(file))
                return export
            finally:
                await db.close()

    with open_stores(load_settings()) as found:
        export = asyncio.run(run(with_secret_key(found)))
    if export.closed_people:
        typer.echo(f"{export.closed_people} rows of people open with no secret that is here; they stayed behind.", err=True)
    if export.lost_pictures:
        typer.echo(f"{export.lost_pictures} pictures have files missing in their store; they stayed behind.", err=True)
    if export.parcels or export.settled:
        typer.echo(
            f"{export.parcels} parcels with its orders and {export.settled} lines of agreed settlements stay here: over there nobody sees that "
            "these were packed, or that producers were paid. Do what is left of both here.",
            err=True,
        )
    typer.echo(f"{file}: SHA-256 of its manifest {export.sha256}. Tell it the receiver by another way.")


def import_session(
    file: Annotated[Path, typer.Argument(help="a package of `ocop export-session`")],
    without_people: Annotated[bool, typer.Option("--without-people", help="leave people in the package")] = False,
) -> None:
    """Take in a session of another installation: all of it, or nothing. Its ledger is checked before anything is kept."""
    from app.catalog.picture_stores import open_picture_files
    from app.infra.database import open_database
    from app.infra.key_ring import key_ring_of
    from app.infra.migrations import upgrade_to_newest
    from app.infra.postgres_hosts import PostgresHosts
    from app.installation.opening import open_stores, owner_url, with_secret_key
    from app.installation.session_export import fold_whole
    from app.installation.session_import import SessionImport
    from app.installation.transfer_package import PackageReader
    from app.settings import load_settings

    package = PackageReader(file)
    typer.echo(f"“{package.manifest.title}”, made {package.manifest.made_at}. SHA-256 of its manifest {package.sha256}.")
    passphrase = _read_passphrase(new=False) if package.manifest.people is not None and not without_people else None

    async def run(settings: Settings) -> SessionImport:
        url = owner_url(settings)
        async with open_database(url, settings.database) as database:
            store = settings.pictures.store
            files = open_picture_files(store, settings.pictures, database)
            db = await PostgresHosts(url).connect()
            try:
                taken = SessionImport(db, key_ring_of(settings), package, pictures=(store, files), passphrase=passphrase)
                await _told(taken.run())
            finally:
                await db.close()
                package.close()
            await fold_whole(database, taken.session_id)
        return taken

    with open_stores(load_settings()) as found:
        settings = with_secret_key(found)
        upgrade_to_newest(owner_url(settings))
        taken = asyncio.run(run(settings))
    if taken.new_codes:
        typer.echo(f"{taken.new_codes} orders have new codes: theirs are orders' of this installation.")
    typer.echo(f"Session {taken.session_id} is here: {taken.entries} entries of its ledger fit. Next: give somebody a role in it.")


async def _told(steps: AsyncIterator[tuple[str, int]]) -> None:
    """A line for every table with its rows, and on the way for every so many."""
    last, rows, told = "", 0, 0
    async for name, now in steps:
        if name != last:
            if last:
                typer.echo(f"  {last}: {rows}", err=True)
            told = 0
        elif now >= told + _ROWS_TOLD:
            told = now
            typer.echo(f"  {name}: {now} …", err=True)
        last, rows = name, now
    typer.echo(f"  {last}: {rows}", err=True)


def _read_passphrase(*, new: bool) -> str:
    """Asked for, or one line of standard input: what stands in a command line is seen by others."""
    if sys.stdin.isatty():
        return str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=new, err=True))
    return sys.stdin.readline().rstrip("\r\n")
