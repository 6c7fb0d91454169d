"""Looks at a whole installation and says what it found and what to do about it. Called by `ocop doctor`; changes nothing."""

from __future__ import annotations

import asyncio
import resource
import shutil
import stat
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from alembic.script import ScriptDirectory

from app.infra.clock import utc_now
from app.infra.key_ring import key_ring_of
from app.infra.migrations import migration_config
from app.infra.postgres_hosts import PostgresHosts
from app.infra.production import production_faults
from app.infra.redis_address import WrongRedisUrl, read_redis_url
from app.infra.redis_client import open_redis
from app.infra.redis_tls import tls_problem
from app.installation.opening import owner_url
from app.installation.rotation import KEYS_BY_SECRET
from app.local_servers.key_file import KeyFile
from app.settings import Settings

Level = Literal["good", "look", "bad"]

FILES_WANTED = 65_536
DISK_WANTED_BYTES, DISK_LEAST_BYTES = 10 * 1024**3, 1024**3
CLOCK_LOOK_SECONDS, CLOCK_BAD_SECONDS = 0.5, 5.0
BACKUP_HOURS = 26
_REACH_SECONDS = 5.0

_STATE = """
SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit,
  current_setting('full_page_writes') AS full_page_writes, current_setting('server_version_num')::int AS version,
  pg_is_in_recovery() AS is_replica, clock_timestamp() AS now, pg_database_size(current_database()) AS bytes
"""
_PLAIN = "SELECT count(*) FROM order_contacts WHERE phone IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at. `bad` ends with exit code 1; `look` wants a person's judgement; `do` says what to do about it."""

    level: Level
    what: str
    do: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Everything, the settings first. Whatever cannot be looked at is a finding, too."""
    yield from _settings(settings)
    yield from _machine(settings)
    yield from _backups(settings)
    yield from asyncio.run(_gathered(settings))
    yield from _redis(settings)


def _settings(settings: Settings) -> Iterator[Finding]:
    if settings.environment == "production":
        yield Finding("good", "Production.")
    else:
        yield Finding("look", "OCOP_ENVIRONMENT is development: cookies are not marked Secure.", "Set it to production for a market.")
    level: Level = "bad" if settings.environment == "production" else "look"
    faults = list(production_faults(settings))
    yield from (Finding(level, fault.what, fault.do) for fault in faults)
    if not faults:
        yield Finding("good", "Secrets, hosts, proxies, origins and cookies are set as production wants them.")
    file = KeyFile(settings.data_dir)
    if file.path.exists():
        mode = stat.S_IMODE(file.path.stat().st_mode)
        yield (
            Finding("bad", f"Other users can read {file.path}.", f"chmod 600 {file.path}, and replace the secret.")
            if mode & 0o077
            else Finding("good", f"Only its user can read {file.path}.")
        )


def _machine(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir if settings.data_dir.exists() else settings.data_dir.parent
    free = shutil.disk_usage(folder).free
    words = f"{free / 1024**3:.1f} GB are free where {settings.data_dir} is."
    yield _by_size(free, words, "Make room: PostgreSQL stops when the disk is full.")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < FILES_WANTED:
        yield Finding(
            "look", f"At most {hard} files may be open, so about as many viewers.", "Raise it: ulimit -n, or LimitNOFILE= in systemd."
        )
    else:
        yield Finding("good", f"{max(soft, hard)} files may be open.")


def _by_size(free: int, words: str, do: str) -> Finding:
    level: Level = "bad" if free < DISK_LEAST_BYTES else "look" if free < DISK_WANTED_BYTES else "good"
    return Finding(level, words, "" if level == "good" else do)


def _backups(settings: Settings) -> Iterator[Finding]:
    if settings.backup_folder is None:
        yield Finding(
            "look", "OCOP_BACKUP_FOLDER is not set, so nobody looks whether there are backups.", "Name the folder with the dumps."
        )
        return
    try:
        newest = max((path.stat().st_mtime for path in settings.backup_folder.iterdir() if path.is_file()), default=None)
    except OSError as error:
        yield Finding("bad", f"{settings.backup_folder} cannot be read ({error.strerror}).", "Correct OCOP_BACKUP_FOLDER.")
        return
    if newest is None:
        yield Finding("bad", f"There is no backup in {settings.backup_folder}.", "README.md, Backups, says how to make one.")
        return
    hours = (time.time() - newest) / 3600
    if hours > BACKUP_HOURS:
        yield Finding("bad", f"The newest backup is {hours:.0f} hours old.", "Find out why no newer one was made.")
    else:
        yield Finding("good", f"The newest backup is {hours:.0f} hours old. Try now and then whether it can be restored.")


async def _gathered(settings: Settings) -> list[Finding]:
    try:
        db = await PostgresHosts(owner_url(settings)).connect(timeout=_REACH_SECONDS)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        return [Finding("bad", f"PostgreSQL cannot be reached ({type(error).__name__}).", "Start it or correct DATABASE_URL.")]
    try:
        return [finding async for finding in _database(db, settings)]
    finally:
        await db.close()


async def _database(db: Any, settings: Settings) -> AsyncIterator[Finding]:  # noqa: ANN401 - a connection without a pool
    state = await db.fetchrow(_STATE)
    if state["fsync"] == "on" and state["synchronous_commit"] != "off" and state["full_page_writes"] == "on":
        yield Finding("good", "PostgreSQL confirms only what a crash cannot undo.")
    else:
        yield Finding(
            "bad",
            f"PostgreSQL has fsync={state['fsync']}, synchronous_commit={state['synchronous_commit']}, "
            f"full_page_writes={state['full_page_writes']}: an accepted order could be lost.",
            "Set all three on.",
        )
    if state["is_replica"]:
        yield Finding("bad", "DATABASE_URL leads to a replica, which takes no orders.", "Name the primary.")
    seconds = abs((state["now"] - utc_now()).total_seconds())
    level: Level = "bad" if seconds > CLOCK_BAD_SECONDS else "look" if seconds > CLOCK_LOOK_SECONDS else "good"
    yield Finding(
        level,
        f"The clocks of this machine and of PostgreSQL are {seconds:.2f} s apart.",
        "" if level == "good" else "Run an NTP client on both.",
    )
    yield Finding("good", f"The database has {state['bytes'] / 1024**2:.0f} MB.")
    async for finding in _schema(db):
        yield finding
        if finding.level == "bad":
            return
    async for finding in _sealed(db, settings):
        yield finding


async def _schema(db: Any) -> AsyncIterator[Finding]:  # noqa: ANN401 - a connection without a pool
    head = ScriptDirectory.from_config(migration_config("postgresql://nobody")).get_current_head()
    has_table = await db.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL")
    found = await db.fetchval("SELECT version_num FROM alembic_version") if has_table else None
    if found == head:
        yield Finding("good", "The database has the newest schema.")
    else:
        yield Finding("bad", f"The schema is {found or 'missing'}, this code wants {head}.", "Run `ocop migrate`.")


async def _sealed(db: Any, settings: Settings) -> AsyncIterator[Finding]:  # noqa: ANN401 - a connection without a pool
    if plain := await db.fetchval(_PLAIN):
        yield Finding(
            "look", f"{plain} orders have a receiver in the clear.", "Workers seal them within minutes; look at their logs otherwise."
        )
    else:
        yield Finding("good", "No receiver stands in the clear.")
    if settings.secret_key is None:
        return
    ring = key_ring_of(settings)
    for row in await db.fetch(KEYS_BY_SECRET):
        if ring.find(row["key_id"]) is None:
            yield Finding(
                "bad",
                f"{row['keys']} orders, complaints or numbers in comments are wrapped with the secret {row['key_id']}, which is not here.",
                "Put it into OCOP_FORMER_SECRET_KEYS.",
            )
        elif row["key_id"] != ring.current.key_id:
            yield Finding(
                "look",
                f"{row['keys']} orders, complaints or numbers in comments are still wrapped with an older secret.",
                "Run `ocop keys rotate`.",
            )


def _redis(settings: Settings) -> Iterator[Finding]:
    if settings.redis_url is None:
        yield Finding("bad", "REDIS_URL is not set.", "Set it, or let `ocop run` start a server.")
        return
    try:
        policies, keeps = asyncio.run(_about_redis(settings.redis_url.get_secret_value()))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        why = asyncio.run(_about_tls(settings.redis_url.get_secret_value()))
        yield Finding("bad", f"Redis cannot be reached ({why or type(error).__name__}).", "Start it or correct REDIS_URL.")
        return
    if policies == {"noeviction"}:
        yield Finding("good", "Redis throws nothing away when its memory is full.")
    else:
        yield Finding(
            "bad", f"Redis has maxmemory-policy {', '.join(sorted(policies))}: it may throw rooms and counts away.", "Set it to noeviction."
        )
    yield (
        Finding("good", "Redis keeps its log of writes (AOF).")
        if keeps
        else Finding("look", "Redis keeps no log of writes: after its restart rooms begin anew.", "Set appendonly yes.")
    )


async def _about_tls(url: str) -> str | None:
    """What is wrong with TLS to Redis, if that is what is wrong."""
    try:
        address = read_redis_url(url)
    except WrongRedisUrl:
        return None
    return await tls_problem(address.tls, address.places) if address.tls else None


async def _about_redis(url: str) -> tuple[set[str], bool]:
    """What is done when memory is full, of the server or of all masters, and whether all of them keep a log of writes."""
    async with open_redis(url) as clients, asyncio.timeout(_REACH_SECONDS):
        policies = {str(each.get("maxmemory_policy", "unknown")) for each in await clients.about("memory")}
        return policies, all(str(each.get("aof_enabled", 0)) == "1" for each in await clients.about("persistence"))
