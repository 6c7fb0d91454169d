"""What REDIS_URL may say: one server, a cluster, or a group that Sentinel watches. Read here, never shown with a password."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from redis.connection import parse_url

from app.infra.redis_tls import OPTIONS, RedisTls, tls_of
from app.infra.startup import StartupError

_PORT = {"cluster": 6379, "sentinel": 26379}
_LOOKS_LIKE = (
    "REDIS_URL is not a Redis address: {why}. It looks like redis://host:6379/0, unix:///path/redis.sock, "
    "redis+cluster://host:6379,host:6379 or redis+sentinel://host:26379,host:26379/name-of-the-master/0."
)
_SENTINEL_OPTIONS = {"sentinel_username", "sentinel_password"}


class WrongRedisUrl(StartupError):
    """REDIS_URL cannot be read. The message says why, without the address."""

    def __init__(self, why: str) -> None:
        super().__init__(_LOOKS_LIKE.format(why=why))


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """`hosts`: servers of a cluster, or Sentinels; empty for `single`, whose `url` redis-py reads by itself.

    User and password are Redis's; Sentinels have their own, `?sentinel_username=…&sentinel_password=…`, when they have any. `tls`: what
    `rediss` wants, of Sentinels as well; None: nothing is encrypted.
    """

    kind: Literal["single", "cluster", "sentinel"]
    url: str = field(repr=False)
    place: str
    hosts: tuple[tuple[str, int], ...] = ()
    db: int = 0
    master_name: str = ""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: RedisTls | None = None
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)

    @property
    def places(self) -> tuple[tuple[str, int], ...]:
        """`hosts`, or the one server that listens on a port."""
        if self.kind == "single" and not self.url.startswith("unix:"):
            parts = urlsplit(self.url)
            return ((parts.hostname or "localhost", parts.port or _PORT["cluster"]),)
        return self.hosts


def read_redis_url(url: str) -> RedisAddress:
    """The address that a URL names. Raises `WrongRedisUrl` for whatever is none, before anything is connected."""
    try:
        parts = urlsplit(url)
        scheme, _, group = parts.scheme.partition("+")
        if not group:
            parse_url(url)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
            options = _options(parts, allowed=None)
            return RedisAddress("single", url, _place_of_single(parts), tls=_tls(parts, options))
        if scheme not in {"redis", "rediss"} or group not in {"cluster", "sentinel"}:
            raise WrongRedisUrl(f"there is no scheme {parts.scheme}")
        return _cluster(url, parts) if group == "cluster" else _sentinel(url, parts)
    except ValueError as error:
        raise WrongRedisUrl("its parts cannot be told apart") from error


def _cluster(url: str, parts: SplitResult) -> RedisAddress:
    if parts.path not in {"", "/", "/0"}:
        raise WrongRedisUrl("a cluster has database 0 only")
    tls = _tls(parts, _options(parts, allowed=OPTIONS))
    hosts, username, password = _hosts_and_user(parts, _PORT["cluster"])
    return RedisAddress("cluster", url, _place(hosts), hosts, username=username, password=password, tls=tls)


def _sentinel(url: str, parts: SplitResult) -> RedisAddress:
    master_name, _, db = parts.path.removeprefix("/").partition("/")
    if not master_name:
        raise WrongRedisUrl("the name that the Sentinels give the master is missing")
    if not (db or "0").isdecimal():
        raise WrongRedisUrl("the database behind the name is no number")
    options = _options(parts, allowed=OPTIONS | _SENTINEL_OPTIONS)
    hosts, username, password = _hosts_and_user(parts, _PORT["sentinel"])
    return RedisAddress(
        "sentinel",
        url,
        _place(hosts),
        hosts,
        db=int(db or 0),
        master_name=unquote(master_name),
        username=username,
        password=password,
        tls=_tls(parts, options),
        sentinel_username=options.get("sentinel_username"),
        sentinel_password=options.get("sentinel_password"),
    )


def _options(parts: SplitResult, *, allowed: Set[str] | None) -> dict[str, str]:
    """What stands behind the question mark; `allowed` None: redis-py has its own."""
    if parts.fragment:
        raise WrongRedisUrl("it has a # that nothing follows from")
    options = {name: values[-1] for name, values in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()}
    if allowed is not None and (unknown := options.keys() - allowed):
        raise WrongRedisUrl(f"it has unknown options ({', '.join(sorted(unknown))})")
    return options


def _tls(parts: SplitResult, options: Mapping[str, str]) -> RedisTls | None:
    if not parts.scheme.startswith("rediss"):
        if meant := options.keys() & OPTIONS:
            raise WrongRedisUrl(f"{', '.join(sorted(meant))} need rediss, which encrypts")
        return None
    try:
        return tls_of(options)
    except ValueError as error:
        raise WrongRedisUrl(str(error)) from error


def _hosts_and_user(parts: SplitResult, default_port: int) -> tuple[tuple[tuple[str, int], ...], str | None, str | None]:
    user, _, places = parts.netloc.rpartition("@")
    username, _, password = user.partition(":")
    hosts = []
    for place in places.split(","):
        each = urlsplit(f"//{place}")
        if not each.hostname or each.port == 0:
            raise WrongRedisUrl("a host is missing")
        hosts.append((each.hostname, each.port or default_port))
    return tuple(hosts), unquote(username) or None, unquote(password) or None


def _place(hosts: tuple[tuple[str, int], ...]) -> str:
    return ", ".join(f"{host}:{port}" for host, port in hosts)


def _place_of_single(parts: SplitResult) -> str:
    return parts.path if parts.scheme == "unix" else f"{parts.hostname}:{parts.port or 6379}"
