"""Finds the stores, the data folder and the secrets of an installation, for whatever `ocop` does with it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

import typer
from pydantic import SecretStr

from app.infra.cores import worker_count
from app.infra.startup import StartupError
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.local_servers.embedded_redis import EmbeddedRedis
from app.local_servers.key_file import KeyFile
from app.local_servers.server_account import place_data_folder
from app.local_servers.startup_checks import DataFolderLock, is_held
from app.settings import PROJECT_ROOT, Settings


@dataclass
class OwnStores:
    """The servers of ours that are needed; None = given by URL."""

    postgres: EmbeddedPostgres | None
    redis: EmbeddedRedis | None


@contextlib.contextmanager
def open_stores(settings: Settings) -> Iterator[Settings]:
    """Settings with working URLs: given, or of the service that runs on the data folder, or of servers started for this command."""
    if settings.database_url and settings.redis_url:
        yield settings
        return
    settings = with_data_folder(settings)
    with contextlib.ExitStack() as stack:
        stores = stores_to_start(settings)
        if not is_held(settings.data_dir):
            stack.enter_context(DataFolderLock(settings.data_dir, address="(a command)"))
            for store in (stores.postgres, stores.redis):
                if store:
                    store.start()
                    stack.callback(store.stop)
        yield with_urls(settings, stores)


def stores_to_start(settings: Settings) -> OwnStores:
    """What no URL is given for."""
    connections = worker_count(settings.workers) * (settings.database.connections_per_worker + 4) + 20
    return OwnStores(
        None if settings.database_url else EmbeddedPostgres(settings.data_dir, max_connections=max(100, connections)),
        None if settings.redis_url else EmbeddedRedis(settings.data_dir),
    )


def with_urls(settings: Settings, stores: OwnStores) -> Settings:
    """Settings with the addresses of our own servers."""
    found = {}
    if stores.postgres:
        found["database_owner_url"] = SecretStr(stores.postgres.url)
        found["database_url"] = SecretStr(stores.postgres.service_url)
    if stores.redis:
        found["redis_url"] = SecretStr(stores.redis.url)
    return settings.model_copy(update=found)


def with_data_folder(settings: Settings) -> Settings:
    """Settings whose data folder exists, at a place that our servers can reach."""
    wanted = settings.data_dir.expanduser().absolute()
    is_default = wanted == PROJECT_ROOT / ".data"
    place = place_data_folder(wanted, is_default=is_default, project_root=PROJECT_ROOT, for_postgres=not settings.database_url)
    if place != wanted:
        typer.echo(f"PostgreSQL's user cannot reach {wanted}, so the data folder is {place}.")
    return settings.model_copy(update={"data_dir": place})


def with_secret_key(settings: Settings) -> Settings:
    """Settings with their secrets: given, or those of the data folder."""
    if settings.secret_key:
        return settings
    current, *former = (SecretStr(secret) for secret in KeyFile(settings.data_dir).secrets())
    return settings.model_copy(update={"secret_key": current, "former_secret_keys": (*former, *settings.former_secret_keys)})


def owner_url(settings: Settings) -> str:
    """The address to migrate with."""
    url = settings.database_owner_url or settings.database_url
    if url is None:
        raise StartupError("DATABASE_URL is not set.")
    return url.get_secret_value()


def secrets_of(settings: Settings) -> dict[str, str]:
    """The variables that a worker needs to join; all of them are secret."""
    secrets = {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "OCOP_SECRET_KEY": settings.secret_key,
        "OCOP_NEXT_SECRET_KEY": settings.next_secret_key,
    }
    former = json.dumps([secret.get_secret_value() for secret in settings.former_secret_keys])
    return {name: value.get_secret_value() for name, value in secrets.items() if value} | {"OCOP_FORMER_SECRET_KEYS": former}
