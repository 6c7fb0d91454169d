"""`ocop person`: a copy of what is kept of somebody, and its erasure, for whoever asks by letter or on the phone."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import typer

from app.fulfilment.persons import Persons
from app.fulfilment.sealed_rows import SealedRows
from app.fulfilment.working_days import promise_of
from app.infra.database import open_database
from app.infra.key_ring import key_ring_of
from app.infra.migrations import upgrade_to_newest
from app.installation.opening import open_stores, owner_url, with_secret_key
from app.orders.contacts import normalise_phone
from app.settings import Settings, load_settings

Result = TypeVar("Result")


# The phone number is asked for, or read as one line: what stands in a command line is seen by others.
commands = typer.Typer()


@commands.command()
def export() -> None:
    """Write everything that is kept of the person with this phone number to standard output, as JSON."""
    phone = _read_phone()
    copy = _on_persons(lambda persons: persons.copy_of_phone(phone))
    typer.echo(copy.model_dump_json(indent=2))


@commands.command()
def erase() -> None:
    """Destroy the keys of the person's orders, except of those whose goods are on their way. Exit code 1: some are left.

    Numbers in comments that asked for goods go, and complaints about sessions that name this number as the way to answer.
    """
    phone = _read_phone()
    erasure = _on_persons(lambda persons: persons.erase_phone(phone))
    typer.echo(f"Erased: {', '.join(erasure.erased) or 'no order'}")
    typer.echo(f"Numbers in comments: {erasure.claims}. Complaints about sessions: {erasure.session_complaints}.")
    if erasure.still_needed:
        typer.echo(f"Still on their way, so cancel or deliver first: {', '.join(erasure.still_needed)}")
        raise typer.Exit(1)


def _read_phone() -> str:
    """Raises `InvalidPhone`."""
    given = typer.prompt("Phone number", err=True) if sys.stdin.isatty() else sys.stdin.readline()
    return normalise_phone(str(given).strip())


def _on_persons(work: Callable[[Persons], Awaitable[Result]]) -> Result:
    async def run(settings: Settings) -> Result:
        async with open_database(owner_url(settings), settings.database) as database:
            return await work(Persons(database, SealedRows(key_ring_of(settings)), promise=promise_of(settings.complaints)))

    with open_stores(load_settings()) as found:
        settings = with_secret_key(found)
        upgrade_to_newest(owner_url(settings))
        return asyncio.run(run(settings))
