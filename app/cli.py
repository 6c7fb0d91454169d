"""The command line `ocop`: run everything, one worker, migrations, accounts, places, the demo market, checking an export.

A command imports what it alone needs when it is called: what is imported up here is paid for by every start of every command.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from app.accounts.permissions import Role
from app.errors import AppError, all_error_types
from app.infra.cores import worker_count
from app.infra.production import require_production_settings
from app.infra.startup import StartupError
from app.infra.tracing import check_tracing
from app.installation.banner import banner
from app.installation.children import environment_for_children, order_writer_for, own_command
from app.installation.later import later
from app.installation.opening import open_stores, owner_url, secrets_of, stores_to_start, with_data_folder, with_secret_key, with_urls
from app.installation.session_commands import add_session_commands
from app.installation.status_command import status
from app.local_servers.exec_with_parent import die_with_parent
from app.local_servers.reachable_at import address_of
from app.local_servers.readiness import wait_until_ready
from app.local_servers.startup_checks import (
    DataFolderLock,
    check_commits_are_durable,
    check_database_is_reachable,
    check_port_is_free,
    check_redis_is_reachable,
)
from app.local_servers.supervisor import Program, StopRequested, StopSignals, Supervisor
from app.settings import PROJECT_ROOT, Settings, child_environment, load_settings, setting_problems

if TYPE_CHECKING:
    from app.rehearsal.seed import SeededMarket

# Stages stop in the opposite order; the times add up to less than the ten seconds a stop may take.
_POSTGRES, _REDIS, _WRITER, _WORKERS, _JOBS, _DEMO = 1, 2, 3, 4, 5, 6
_STOP_SECONDS = {_POSTGRES: 1.2, _REDIS: 0.8, _WRITER: 0.8, _WORKERS: 5.8, _JOBS: 0.8, _DEMO: 0.8}
_READY_SECONDS = 60.0

cli = typer.Typer(
    name="ocop",
    help="Livestream sales events for OCOP markets.",
    no_args_is_help=True,
    add_completion=False,
    # Its tracebacks show local variables, among them addresses with passwords.
    pretty_exceptions_enable=False,
)


@cli.command()
def run(
    demo: Annotated[bool | None, typer.Option("--demo/--no-demo", help="seed a demo market and send simulated viewers")] = None,
) -> None:
    """Start the servers that are not given by URL, migrate, serve with one worker per core; Ctrl-C stops all of it."""
    settings = load_settings() if demo is None else load_settings(demo=demo)
    if settings.die_with_parent:
        die_with_parent(os.getppid(), signal.SIGTERM)
    signals = StopSignals()
    supervisor = Supervisor(signals, _say)
    with signals.installed(), contextlib.ExitStack() as stack:
        lock = None
        try:
            with signals.interrupting():
                settings, lock = _prepare(settings, stack)
                seeded = _start_everything(settings, supervisor)
                _say(banner(settings, seeded.login_lines if seeded else []))
            supervisor.watch()
        except StopRequested:
            pass
        finally:
            if lock is not None:
                lock.announce_stopping()
            if signals.count:
                _say("Stopping…")
            supervisor.stop()
    _say("Stopped.")


@cli.command()
def run_cluster(
    nodes: Annotated[
        int, typer.Option(min=1, max=16, help="how many nodes; OCOP_WORKERS says how many workers each has, one if unset")
    ] = 2,
) -> None:
    """Start several nodes behind a proxy, PostgreSQL with a synchronous standby and Redis on this machine; Ctrl-C stops all of it."""
    from app.installation.local_cluster import run_local_cluster
    from app.rehearsal.seed import seed_demo

    run_local_cluster(load_settings(), nodes=nodes, say=_say, seed=lambda settings: seed_demo(settings).login_lines)


@cli.command()
def doctor() -> None:
    """Look at the whole installation and say what is wrong and what to do. Exit code 1: something is bad."""
    from app.installation.doctor import examine

    with open_stores(load_settings()) as found:
        findings = list(examine(with_secret_key(found)))
    for finding in findings:
        _say(f"{_SIGNS[finding.level]} {finding.what}")
        if finding.do:
            _say(f"       {finding.do}")
    if any(finding.level == "bad" for finding in findings):
        raise typer.Exit(1)


_SIGNS = {"good": "good  ", "look": "look  ", "bad": "BAD   "}


@cli.command()
def worker() -> None:
    """Serve in this process alone; DATABASE_URL, REDIS_URL and OCOP_SECRET_KEY must be set."""
    from app.infra.serving import serve
    from app.main import create_app

    settings = load_settings()
    require_production_settings(settings)
    check_tracing(settings)
    if settings.environment == "production" and settings.database_url:
        check_commits_are_durable(settings.database_url.get_secret_value())
    try:
        started = serve(create_app(settings), settings)
    except OSError as error:
        raise StartupError(f"Cannot listen on {settings.host}:{settings.port} ({error.strerror or error}).") from error
    if not started:
        raise typer.Exit(3)


@cli.command()
def jobs() -> None:
    """Do heavy work (exports, stored folds) apart from the workers; DATABASE_URL, REDIS_URL and OCOP_SECRET_KEY must be set."""
    from app.heavy_wiring import work_on_jobs
    from app.infra.job_process import run_until_told

    settings = load_settings()
    require_production_settings(settings)
    run_until_told(work_on_jobs(settings), beside_workers=settings.workers)


@cli.command()
def order_writer() -> None:
    """Commit orders for all workers of this machine; OCOP_ORDERS__WRITER_SOCKET, DATABASE_URL and OCOP_SECRET_KEY must be set."""
    from app.heavy_wiring import write_orders
    from app.infra.job_process import run_until_told

    settings = load_settings()
    require_production_settings(settings)
    run_until_told(write_orders(settings))


@cli.command()
def environment() -> None:
    """Print what a worker needs to join the service that runs on the data folder, as lines for a shell. They hold secrets."""
    settings = with_data_folder(load_settings())
    settings = with_secret_key(with_urls(settings, stores_to_start(settings)))
    for name, value in secrets_of(settings).items():
        _say(f"export {name}={shlex.quote(value)}")


@cli.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    with open_stores(load_settings()) as settings:
        _bring_up_to_date(settings)
    _say("The database has the newest schema.")


@cli.command()
def seed() -> None:
    """Write the demo market into the database, once; a second call changes nothing."""
    from app.rehearsal.seed import seed_demo

    with open_stores(with_data_folder(load_settings())) as settings:
        _bring_up_to_date(settings)
        seeded = seed_demo(settings)
    _say("\n".join(seeded.login_lines))


@cli.command()
def demo() -> None:
    """Send simulated viewers to the service that runs on this machine."""
    data_dir = str(with_data_folder(load_settings()).data_dir)
    os.execve(sys.executable, _people_command(), child_environment({"OCOP_DATA_DIR": data_dir}))  # noqa: S606 - ours


@cli.command()
def gen() -> None:
    """Write the files that follow from models and tables: protocol documents, the browser's types, kinds of entries, who may do what."""
    from app.ledger.kind_files import render_kinds
    from app.ledger.kinds import KINDS
    from app.main import create_app  # loads every package, and with it every kind of error
    from app.protocol.documents import write_documents, write_files
    from app.web.authorisation import render_authorisation

    texts = {**render_kinds(PROJECT_ROOT, KINDS.items()), **render_authorisation(create_app(load_settings()))}
    for path in [*write_documents(PROJECT_ROOT, all_error_types()), *write_files(PROJECT_ROOT, texts)]:
        _say(f"Wrote {path}")


@cli.command()
def create_organisation(name: Annotated[str, typer.Argument(help="as people shall read it")]) -> None:
    """Make an organisation and print its id; its first login comes with `ocop create-user`."""
    from app.accounts import administration

    with open_stores(load_settings()) as settings:
        _bring_up_to_date(settings)
        organisation_id = administration.create_organisation(settings, name)
    _say(str(organisation_id))


@cli.command()
def create_user(
    organisation: Annotated[str, typer.Option(help="id or name")],
    login: Annotated[str, typer.Option(help="what to sign in with: a-z, 0-9 and . _ @ + -")],
    name: Annotated[str, typer.Option(help="as others see it")],
    role: Annotated[Role, typer.Option(help="an organiser acts for every session, a host for their own")],
) -> None:
    """Make a login. The password is asked for, or read as one line from standard input."""
    from app.accounts import administration
    from app.accounts.service import NewUser

    new = NewUser(login=login, display_name=name, role=role, password=_read_password())
    with open_stores(load_settings()) as settings:
        _bring_up_to_date(settings)
        user = administration.create_user(settings, organisation, new)
    _say(f"{user.login} ({user.role}) of {user.organisation_name}")


@cli.command()
def verify(
    export: Annotated[Path, typer.Argument(help="the ZIP file, or its unpacked folder")],
    key: Annotated[str | None, typer.Option(help="the organisation's public key in hex, as you know it from elsewhere")] = None,
) -> None:
    """Check an exported session: hash chain, every figure, signature. Exit code 1: something does not fit; 2: this is no export."""
    from app.reports import verify as verifier

    raise typer.Exit(verifier.main([*([] if key is None else [f"--key={key}"]), "--", str(export)]))


def main() -> None:
    """Entry of the command `ocop`; expected failures become one line on stderr and exit code 1."""
    try:
        cli()
    except (StartupError, AppError) as error:
        _fail([str(error)])
    except ValidationError as error:
        _fail(setting_problems(error))
    except SettingsError as error:
        _fail([f"A setting cannot be read: {error}"])


def _prepare(settings: Settings, stack: contextlib.ExitStack) -> tuple[Settings, DataFolderLock | None]:
    """Check everything that can be checked before something is started; returns settings with folder and secret filled in."""
    lock = None
    if settings.demo or not (settings.database_url and settings.redis_url and settings.secret_key):
        settings = with_data_folder(settings)
        lock = stack.enter_context(DataFolderLock(settings.data_dir, address=address_of(settings, "localhost")))
    settings = with_secret_key(settings)
    require_production_settings(settings)
    check_tracing(settings)
    if settings.environment == "production" and settings.demo:
        raise StartupError("Production plays no demo market: its people have known passwords. Set OCOP_DEMO=false, or use --no-demo.")
    check_port_is_free(settings.host, settings.port)
    if settings.database_url:
        check_database_is_reachable(settings.database_url.get_secret_value())
        if settings.environment == "production":
            check_commits_are_durable(settings.database_url.get_secret_value())
    if settings.database_owner_url:
        check_database_is_reachable(settings.database_owner_url.get_secret_value(), setting="DATABASE_OWNER_URL")
    if settings.database_read_url:
        check_database_is_reachable(settings.database_read_url.get_secret_value(), setting="DATABASE_READ_URL")
    if settings.redis_url:
        check_redis_is_reachable(settings.redis_url.get_secret_value())
    return settings, lock


def _start_everything(settings: Settings, supervisor: Supervisor) -> SeededMarket | None:
    workers = worker_count(settings.workers)
    stores = stores_to_start(settings)
    if stores.postgres:
        _say("Preparing PostgreSQL…")
        supervisor.start(stores.postgres, stage=_POSTGRES, stop_seconds=_STOP_SECONDS[_POSTGRES])
    if stores.redis:
        _say("Preparing Redis…")
        supervisor.start(stores.redis, stage=_REDIS, stop_seconds=_STOP_SECONDS[_REDIS])
    settings = with_urls(settings, stores)
    _say("Bringing the database to the newest schema…")
    _bring_up_to_date(settings)
    seeded = None
    if settings.demo:
        from app.rehearsal.seed import seed_demo

        _say("Preparing the demo market…")
        seeded = seed_demo(settings)
    _say(f"Starting {workers} worker{'s' if workers > 1 else ''}…")
    environment = environment_for_children(settings)
    if writer := order_writer_for(settings, environment, workers=workers):
        supervisor.start(writer, stage=_WRITER, stop_seconds=_STOP_SECONDS[_WRITER])
    for number in range(1, workers + 1):
        program = Program(f"worker {number}", own_command("worker"), env=environment, cwd=PROJECT_ROOT)
        supervisor.start(program, stage=_WORKERS, stop_seconds=_STOP_SECONDS[_WORKERS])
    wait_until_ready(settings, supervisor, stage=_WORKERS, seconds=_READY_SECONDS)
    supervisor.start(
        Program("jobs", own_command("jobs"), env=environment, cwd=PROJECT_ROOT), stage=_JOBS, stop_seconds=_STOP_SECONDS[_JOBS]
    )
    if settings.demo:
        log_file = settings.data_dir / "logs" / "demo.log"
        viewers = Program("demo", _people_command(), env=environment, cwd=PROJECT_ROOT, log_file=log_file, may_finish=True)
        supervisor.start(viewers, stage=_DEMO, stop_seconds=_STOP_SECONDS[_DEMO])
    return seeded


def _bring_up_to_date(settings: Settings) -> None:
    from app.infra.migrations import upgrade_to_newest

    upgrade_to_newest(owner_url(settings))


def _people_command() -> list[str]:
    """Simulated people are a program of their own."""
    return [sys.executable, "-m", "app.rehearsal"]


def _read_password() -> str:
    asks = sys.stdin.isatty()
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True)) if asks else sys.stdin.readline().rstrip("\r\n")


def _fail(lines: list[str]) -> None:
    for line in lines:
        typer.echo(f"ocop: {line}", err=True)
    raise SystemExit(1)


def _say(text: str) -> None:
    # The terminal may be gone (SIGHUP); that must not keep us from stopping in order.
    with contextlib.suppress(OSError):
        typer.echo(text)


def _keys() -> typer.Typer:
    from app.installation.key_commands import commands

    return commands


def _bridge() -> typer.Typer:
    from app.comment_orders.bridge import commands

    return commands


def _person() -> typer.Typer:
    from app.installation.person_commands import commands

    return commands


def _places() -> typer.Typer:
    from app.catalog.places_commands import places_commands

    return places_commands(open_stores, _bring_up_to_date)


def _pictures() -> typer.Typer:
    from app.catalog.picture_commands import picture_commands

    return picture_commands(open_stores, _bring_up_to_date)


def _admin() -> typer.Typer:
    from app.accounts.admin_commands import admin_commands

    return admin_commands(open_stores, _bring_up_to_date, _read_password)


cli.command()(status)
add_session_commands(cli)
cli.add_typer(later(_admin, about="First organiser, and a way back in."), name="admin")
cli.add_typer(later(_bridge, about="Comments of other platforms: listen to social_stream, send them into a session."), name="bridge")
cli.add_typer(later(_keys, about="The service's secrets: show, replace, rewrap what is stored, forget an old one."), name="keys")
cli.add_typer(later(_person, about="What is kept of a person: a copy of it, or its erasure. Asks for the phone number."), name="person")
cli.add_typer(later(_pictures, about="Uploaded pictures: carry them into another store."), name="pictures")
cli.add_typer(later(_places, about="Provinces and wards: check a file of newer facts, take it over."), name="places")

if __name__ == "__main__":
    main()
