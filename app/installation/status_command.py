"""`ocop status`: finds what runs here, or is named, and shows how it is."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from app.infra.startup import StartupError
from app.installation.cluster_note import read_note
from app.installation.opening import stores_to_start, with_data_folder, with_urls
from app.installation.status import Installation
from app.local_servers.startup_checks import holder_address, is_held
from app.settings import Settings, load_settings


def status(
    node: Annotated[list[str] | None, typer.Option(help="address of a node, http://host:port; may be given several times")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document for programs")] = False,
) -> None:
    """Show nodes, stores, rooms and waiting work of what runs here. Exit code 1: a part does not answer or is not ready."""
    from app.installation.status_probes import look_at

    found = asyncio.run(look_at(installation_of(load_settings(), node or [])))
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        from rich.console import Console

        from app.installation.status_tables import show

        show(found, Console())
    if any(part.problem for part in found.parts()):
        raise typer.Exit(1)


def installation_of(settings: Settings, nodes: list[str]) -> Installation:
    """What the environment names, else the cluster of this machine, else `ocop run` of it. Raises `StartupError` when nothing runs."""
    here = [f"http://127.0.0.1:{settings.port}"]
    if settings.database_url and settings.redis_url:
        return _installation("The installation that the environment names", nodes or here, settings)
    settings = with_data_folder(settings)
    note = read_note(settings.data_dir / "cluster")
    if note is not None and is_held(settings.data_dir / "cluster"):
        what = f"The cluster at {note.address}"
        return Installation(what=what, nodes=nodes or note.nodes, database_url=note.database_url, redis_url=note.redis_url)
    address = holder_address(settings.data_dir)
    if address is None:
        raise StartupError(
            f"Nothing runs on {settings.data_dir}. Elsewhere: set DATABASE_URL and REDIS_URL, and name the nodes with --node."
        )
    return _installation(f"The service on {settings.data_dir}", nodes or [address], with_urls(settings, stores_to_start(settings)))


def _installation(what: str, nodes: list[str], settings: Settings) -> Installation:
    if settings.database_url is None or settings.redis_url is None:
        raise StartupError("DATABASE_URL and REDIS_URL are not set.")
    return Installation(
        what=what,
        nodes=[node.rstrip("/") for node in nodes],
        database_url=settings.database_url.get_secret_value(),
        redis_url=settings.redis_url.get_secret_value(),
    )
