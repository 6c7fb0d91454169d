"""`ocop keys`: which secrets there are, a new one, everything under the newest, and forgetting one that nothing needs any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from app.infra.key_ring import KeyRing, key_ring_of
from app.infra.postgres_hosts import PostgresHosts
from app.infra.startup import StartupError
from app.installation.opening import open_stores, owner_url, with_data_folder, with_secret_key
from app.installation.rotation import KeyRotation
from app.local_servers.key_file import KeyFile
from app.local_servers.startup_checks import DataFolderLock
from app.settings import Settings, load_settings

Result = TypeVar("Result")


commands = typer.Typer()


@commands.command()
def show() -> None:
    """List the secrets by their ids, newest first, and how many orders are wrapped with each. Shows no secret."""
    with open_stores(load_settings()) as found:
        settings = with_secret_key(found)
        ring = key_ring_of(settings)
        under = _on_database(settings, lambda rotation: rotation.in_use())
    for secret in ring.every:
        _say(f"{secret.key_id}  {_role_of(secret.key_id, ring):8}  {under.pop(secret.key_id, 0)} orders")
    for key_id, orders in under.items():
        _say(f"{key_id}  missing   {orders} orders cannot be opened: put this secret into OCOP_FORMER_SECRET_KEYS")


@commands.command()
def new() -> None:
    """Put a new secret into use in the data folder. The service must be stopped; `ocop keys rotate` comes next."""
    settings = load_settings()
    if settings.secret_key:
        raise StartupError("OCOP_SECRET_KEY is set, so the secret is changed there: docs/personal-data.md says in which order.")
    data_dir = with_data_folder(settings).data_dir
    with DataFolderLock(data_dir, address="(a command)"):
        first, *_ = KeyFile(data_dir).add_new()
    _say(f"The secret in use is now {KeyRing(first).current.key_id}. Next: ocop keys rotate")


@commands.command()
def rotate() -> None:
    """Put everything under the secret in use. Beside the running service; may be stopped and run again."""
    with open_stores(load_settings()) as found:
        settings = with_secret_key(found)
        unreadable = _on_database(settings, _rotate)
    if unreadable:
        _say(f"{unreadable} orders are wrapped with secrets that are not here: see `ocop keys show`.")
        raise typer.Exit(1)


@commands.command()
def retire(
    key_id: Annotated[str, typer.Argument(help="as `ocop keys show` lists it")],
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Forget an old secret of the data folder. Tickets, order links and backups that only it can read stay closed for ever."""
    with open_stores(load_settings()) as found:
        settings = with_secret_key(found)
        ring = key_ring_of(settings)
        secret = ring.find(key_id)
        if secret is None or key_id == ring.current.key_id:
            raise StartupError(f"{key_id} is no older secret of this installation.")
        if (reason := _on_database(settings, lambda rotation: rotation.needs(key_id))) is not None:
            raise StartupError(reason)
        if not yes:
            typer.confirm("Links to orders and tickets of viewers that were made with it stop working. Forget it?", abort=True)
        file = KeyFile(settings.data_dir)
        if secret.text not in file.kept():
            raise StartupError("This secret comes from OCOP_FORMER_SECRET_KEYS: take it out there.")
        file.drop(secret.text)
    _say(f"{key_id} is forgotten.")


async def _rotate(rotation: KeyRotation) -> int:
    unreadable = 0
    async for progress in rotation.rewrap():
        _say(f"{progress.done + progress.unreadable} of {progress.total} orders")
        unreadable = progress.unreadable
    _say(f"{await rotation.reseal()} signing keys")
    return unreadable


def _role_of(key_id: str, ring: KeyRing) -> str:
    return "in use" if key_id == ring.current.key_id else "kept"


def _on_database(settings: Settings, work: Callable[[KeyRotation], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        db = await PostgresHosts(owner_url(settings)).connect()
        try:
            return await work(KeyRotation(db, key_ring_of(settings)))
        finally:
            await db.close()

    return asyncio.run(run())


def _say(text: str) -> None:
    typer.echo(text)
