"""Every setting of the service, read once at start. The only module that reads the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

_SECRET_SETTINGS = {
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "DATABASE_READ_URL",
    "REDIS_URL",
    "OCOP_SECRET_KEY",
    "OCOP_FORMER_SECRET_KEYS",
    "OCOP_NEXT_SECRET_KEY",
}
PROJECT_ROOT = Path(__file__).resolve().parent.parent


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RealtimeSettings(_Group):
    """Limits of the viewer sockets (`app/realtime`)."""

    sockets: Literal["auto", "detached", "portable"] = Field(
        "auto", description="how viewers' sockets are carried: detached = bare descriptors under one epoll (Linux, no TLS in this process)"
    )
    max_message_bytes: int = Field(4096, description="largest inbound websocket message")
    max_viewers_per_worker: int = Field(0, description="sockets a worker takes before it answers 503; 0 = its file limit less a reserve")
    address_sockets_per_second: float = Field(50.0, description="sustained new sockets of one address, which a whole commune may share")
    address_sockets_burst: float = Field(2_000.0, description="burst of new sockets of one address")
    hello_timeout_seconds: float = Field(10.0, description="a socket that has not said hello by then is closed")
    reply_queue_frames: int = Field(64, description="frames that may wait for one slow viewer before it is closed as slow")
    slow_timeout_seconds: float = Field(20.0, description="how long a viewer may take no bytes before it is closed as slow")
    room_window_events: int = Field(512, description="room events a node remembers for viewers that come back")
    room_log_events: int = Field(5_000, description="room events kept in the Redis stream, shared by all nodes")
    tick_min_seconds: float = Field(0.25, description="tick interval of a small room")
    tick_max_seconds: float = Field(4.3, description="tick interval of a huge room; a tick may come more than half a second late")
    tick_rush_max_seconds: float = Field(12.0, description="the same while many arrive; a page let in slowly asks after twenty of silence")
    tick_events_max: int = Field(40, description="comments put on the screen per tick; the archive keeps all")
    node_count_ttl_seconds: float = Field(15.0, description="a node's viewer count expires after this, so a dead node is forgotten")
    commands_per_second: float = Field(5.0, description="sustained commands of one viewer (token bucket)")
    commands_burst: int = Field(20, description="burst of commands of one viewer (token bucket)")
    comment_interval_seconds: float = Field(1.0, description="sustained pace of one viewer's comments")
    turns_folder: str = Field(
        "",
        description="folder in which the workers of a machine take turns at letting viewers in; `ocop run` sets it where there are more"
        " workers than cores, empty = each as it likes",
    )
    sockets_per_device: int = Field(8, description="sockets that one ticket may hold on one worker")
    staff_check_seconds: float = Field(
        0.5, description="how often a worker looks whether its boards may stay; signed out or without the role, they are closed"
    )


class OrderSettings(_Group):
    """Limits of the order path (`app/orders`)."""

    batch_max_orders: int = Field(1_000, description="orders that one transaction commits together")
    queue_max_orders: int = Field(20_000, description="orders that may wait per session and worker before `busy`")
    place_deadline_seconds: float = Field(10.0, description="an order that waited longer is answered `busy` unless it was committed")
    writer_socket: str = Field(
        "",
        description="Unix socket of this node's `ocop order-writer`, which commits orders for all its workers; `ocop run` sets it where"
        " there are more workers than cores, empty = each worker commits by itself",
    )
    cod_confirm_hours: float = Field(72.0, description="a COD order that nobody confirmed by then expires and gives its units back")
    waitlist_call_seconds: float = Field(120.0, description="how long freed units are set aside for the next on the waitlist")
    waitlist_max: int = Field(500, description="people who may wait for one offer")
    transfer_in_form: bool = Field(True, description="whether order forms offer a bank transfer (VietQR) where an account is named")
    claim_units_per_device: int = Field(50, ge=1, description="units that comments of one device may hold in a session at once")
    claim_units_per_address: int = Field(
        200, ge=1, description="the same for everybody behind one network, which a whole commune may share"
    )
    claim_stock_share: float = Field(
        0.8, gt=0, le=1, description="share of a product's stock that comments may hold before they are confirmed; rounded up"
    )


class DeskSettings(_Group):
    """How buyers are called, and how long colleagues keep what they have in hand (`app/desk`)."""

    call_again_minutes: tuple[Annotated[int, Field(ge=1, le=10_080)], ...] = Field(
        (30, 120),
        max_length=2,
        description="minutes until a buyer who was not reached is called again, after each try; then the next morning",
    )
    call_from_hour: int = Field(8, ge=0, le=12, description="nobody is called before this hour, Vietnam time")
    call_until_hour: int = Field(21, ge=13, le=24, description="nor from this hour on")
    hold_seconds: float = Field(
        120.0, gt=0, le=3_600, description="how long an order stays in a colleague's hand that shows no sign of life"
    )
    undo_seconds: float = Field(60.0, ge=0, le=600, description="how long a step taken at the desk can be taken back before it is written")


class PictureSettings(_Group):
    """Where uploaded pictures are kept (`app/catalog`)."""

    store: Literal["postgresql", "s3"] = Field(
        "postgresql", description="where files of pictures are kept; s3 = any compatible store, with the extra `s3` installed"
    )
    s3_endpoint: str = Field("", description="address of the S3-compatible store, e.g. https://s3.example.vn")
    s3_bucket: str = Field("", description="bucket for the pictures; private, they are served by the workers")
    s3_region: str = Field("us-east-1", description="region that requests to the store are signed for")
    s3_access_key_id: str = Field("", description="key id for the store")
    s3_secret_access_key: SecretStr | None = Field(None, description="secret key for the store")


class PrivacySettings(_Group):
    """How long what is kept of people is kept."""

    contact_days: int = Field(
        365,
        ge=1,
        le=36_500,
        description="days after an order's deadline until its receiver and complaints are erased, whatever became of it",
    )
    evidence_days: int = Field(
        1_095,
        ge=1,
        le=36_500,
        description="days after a session's end until what was said in it is emptied, and after a complaint about a session until it is erased; "
        "audit trail and ledger stay",
    )


class ComplaintSettings(_Group):
    """What is promised to whoever complains (`app/fulfilment`)."""

    answer_working_days: int = Field(
        2,
        ge=1,
        le=60,
        description="working days, without public holidays, until a complaint counts as overdue; 2 as for requests about personal data (Decree "
        "356/2025), for complaints about live sales no decree names a number yet",
    )
    further_holidays: list[date] = Field(
        default_factory=list,
        max_length=200,
        description="public holidays beside those that are shipped, e.g. 2028-09-01, which is decided year by year",
    )
    worked_days: list[date] = Field(
        default_factory=list,
        max_length=200,
        description="days that are worked all the same: Saturdays for a day off, a shipped holiday that is moved",
    )


class CarrierSettings(_Group):
    """How carriers' APIs are called (`app/carriers`)."""

    ghtk_address: str = Field(
        "https://services.giaohangtietkiem.vn", description="where GHTK's API is; https, or this machine itself for tests"
    )
    ghtk_partner: str = Field("", max_length=40, pattern=r"^[A-Za-z0-9_-]*$", description="partner code that GHTK gave the operator")
    answer_seconds: float = Field(
        8.0, gt=0, le=10, description="an answer that has not come by then is an unknown outcome, asked about again by our code"
    )


class DatabaseSettings(_Group):
    """PostgreSQL pools of one worker, and the bounds of every wait for it."""

    pool_size: int = Field(
        5, ge=1, description="connections per worker for everything but placing and reports; used twice, for both ways to write SQL"
    )
    placing_pool_size: int = Field(
        3, ge=1, description="connections per worker that only write orders: sessions that commit at the same moment"
    )
    reading_pool_size: int = Field(2, ge=1, description="connections per worker on which reports read")
    connect_timeout_seconds: float = Field(5.0, gt=0, description="a connect that hangs, or a wait for a free connection, is given up")
    statement_timeout_seconds: float = Field(15.0, gt=0, description="server-side limit of one statement, and of a silent transaction")
    lock_timeout_seconds: float = Field(5.0, gt=0, description="how long a statement waits for a row lock, e.g. a session's ledger")
    placing_timeout_seconds: float = Field(
        6.0,
        gt=0,
        description="a batch of orders not committed by then is asked again on a new connection, while its orders still have time",
    )
    transaction_timeout_seconds: float = Field(
        30.0, gt=0, description="whoever has a connection for longer loses it, also when PostgreSQL hangs; above the limit of a statement"
    )
    reading_timeout_seconds: float = Field(60.0, gt=0, description="the same for reports, which read long ledgers")

    @property
    def connections_per_worker(self) -> int:
        """How many a worker may hold at once: `pool_size` for SQLAlchemy and as many for hand-written SQL, and those of the others."""
        return 2 * self.pool_size + self.placing_pool_size + self.reading_pool_size


class HttpSettings(_Group):
    """Bounds of requests that are slow. Loopback counts as a proxy that does not say for whom it speaks, not as one address."""

    body_seconds: float = Field(10.0, gt=0, description="a request's body that has not come by then is refused")
    bodies_at_once: int = Field(500, ge=1, description="bodies that may be on their way at one time per worker, before `unavailable`")
    bodies_per_address: int = Field(50, ge=1, description="the same of one address, behind which a whole team may sit")
    bodies_max_bytes: int = Field(64 * 1024 * 1024, ge=1024 * 1024, description="memory that all of them may take per worker")
    heads_per_address: int = Field(
        200, ge=1, description="connections of one address per worker without a complete request; the oldest gives way"
    )
    answer_idle_seconds: float = Field(60.0, gt=0, description="an answer of which nothing was made or taken for so long is cut off")


class Settings(BaseSettings):
    """Environment variables start with `OCOP_`; groups use two underscores (`OCOP_ORDERS__BATCH_MAX_ORDERS`)."""

    model_config = SettingsConfigDict(env_prefix="OCOP_", env_nested_delimiter="__", frozen=True, extra="ignore", populate_by_name=True)

    environment: Literal["development", "production"] = Field(
        "development", description="production marks cookies `Secure`, sends HSTS and refuses a PostgreSQL that may lose commits"
    )
    host: str = Field("0.0.0.0", description="address to listen on")  # noqa: S104 - phones on the same network open the viewer page
    port: int = Field(8000, ge=1, le=65535, description="port of pages, API and sockets")
    workers: int = Field(0, ge=0, le=64, description="worker processes; 0 = one per core")
    data_dir: Path = Field(PROJECT_ROOT / ".data", description="embedded servers, secrets and logs live here")
    database_url: SecretStr | None = Field(None, validation_alias="DATABASE_URL", description="PostgreSQL; unset = embedded server")
    database_owner_url: SecretStr | None = Field(
        None, validation_alias="DATABASE_OWNER_URL", description="the tables' owner, for migrations only; unset = DATABASE_URL"
    )
    database_read_url: SecretStr | None = Field(
        None, validation_alias="DATABASE_READ_URL", description="where reports read, e.g. a replica; unset = DATABASE_URL"
    )
    redis_url: SecretStr | None = Field(
        None,
        validation_alias="REDIS_URL",
        description="Redis, a cluster (`redis+cluster://host:port,host:port`) or a group under Sentinels (`redis+sentinel://host:port,host:port/master-name/0`); `rediss` instead of `redis` encrypts, `?ssl_ca_certs=…` names whom to trust; unset = server started by `make run`",
    )
    redis_prefix: str = Field("ocop", pattern=r"^[a-z0-9_-]{1,40}$", description="first part of every Redis key")
    backup_folder: Path | None = Field(None, description="where dumps of PostgreSQL land; `ocop doctor` says how old the newest is")
    metrics_folder: Path | None = Field(
        None,
        validation_alias="PROMETHEUS_MULTIPROC_DIR",
        description="where workers share their counters; `ocop run` sets it for its workers",
    )
    otlp_endpoint: str = Field(
        "",
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="OpenTelemetry collector that traces are sent to (OTLP over HTTP), with the extra `telemetry` installed; unset = none",
    )
    otlp_traces_endpoint: str = Field(
        "",
        validation_alias="OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        description="the same as a whole address, path included; goes before the other",
    )
    node_name: str = Field("", description="name of this worker among all nodes; empty = host name and process id")
    secret_key: SecretStr | None = Field(
        None, description="signs tickets, digests and wraps personal data; unset = generated once into the data folder"
    )
    former_secret_keys: tuple[SecretStr, ...] = Field(
        (), description="secrets that were in use before, newest first: what was made with them still counts"
    )
    next_secret_key: SecretStr | None = Field(
        None, description="a secret that every node shall know before it comes into use; only for several machines"
    )
    allowed_origins: tuple[str, ...] = Field((), description="further origins that may open sockets and post, e.g. https://cho.example.vn")
    allowed_hosts: tuple[str, ...] = Field(
        (), description="host names that requests may ask for; empty = every host. Production names its own"
    )
    request_deadline_seconds: float = Field(15.0, description="an HTTP request without an answer by then is answered `unavailable`")
    trusted_proxies: tuple[str, ...] = Field((), description="proxy addresses whose X-Forwarded-* headers are believed")
    secure_cookies: bool | None = Field(None, description="`Secure` on cookies; unset = only in production")
    log_format: Literal["console", "json"] = Field("console", description="log lines for people or for machines")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least severe line that is written")
    drain_seconds: float = Field(3.0, description="how long viewers are told to leave before sockets close at shutdown")
    die_with_parent: bool = Field(False, description="`make run` sets it: stop by ourselves when make is gone, kill -9 included")
    demo: bool = Field(True, description="`make run` seeds the demo market and sends simulated viewers")
    demo_viewers: int = Field(60, ge=0, le=5_000, description="simulated viewers of the demo market")
    demo_seed: int = Field(20230923, description="seed of the simulated viewers")
    realtime: RealtimeSettings = RealtimeSettings()
    http: HttpSettings = HttpSettings()
    orders: OrderSettings = OrderSettings()
    desk: DeskSettings = DeskSettings()
    database: DatabaseSettings = DatabaseSettings()
    pictures: PictureSettings = PictureSettings()
    privacy: PrivacySettings = PrivacySettings()
    complaints: ComplaintSettings = ComplaintSettings()
    carriers: CarrierSettings = CarrierSettings()

    @property
    def trace_endpoint(self) -> str:
        """Where spans are posted to; empty: nowhere."""
        if self.otlp_traces_endpoint or not self.otlp_endpoint:
            return self.otlp_traces_endpoint
        return f"{self.otlp_endpoint.rstrip('/')}/v1/traces"

    @cached_property
    def cookies_are_secure(self) -> bool:
        return self.environment == "production" if self.secure_cookies is None else self.secure_cookies


def load_settings(**overrides: object) -> Settings:
    """Read the environment once; keyword arguments win (tests and the command line use them).

    Raises `pydantic.ValidationError` when a value is out of range; `app.cli` turns it into one line.
    """
    return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks the values


def child_environment(changes: Mapping[str, str | None]) -> dict[str, str]:
    """Our own environment with `changes`, for a process that we start; None takes a variable away."""
    merged = {**os.environ, **changes}  # noqa: TID251 - this module is the one place that reads it
    return {name: value for name, value in merged.items() if value is not None}


def setting_problems(error: ValidationError) -> list[str]:
    """What is wrong with the environment, one line for each variable, without the values of secrets."""
    lines = []
    for problem in error.errors():
        place = [str(part) for part in problem["loc"]]
        name = place[0] if place[0].isupper() else "OCOP_" + "__".join(place).upper()
        given = "" if any(name == each or name.startswith(f"{each}__") for each in _SECRET_SETTINGS) else f"={problem['input']}"
        lines.append(f"Setting {name}{given}: {problem['msg'].lower()}.")
    return lines
