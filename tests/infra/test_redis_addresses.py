"""What REDIS_URL may say is read wholly before anything is connected, and what it may not is named without its password."""

from __future__ import annotations

import pytest

from app.infra.redis_address import WrongRedisUrl, read_redis_url
from app.infra.redis_tls import RedisTls


def test_a_cluster_has_hosts_a_user_and_no_database() -> None:
    address = read_redis_url("redis+cluster://market:p%40ss@10.0.0.1:7000,redis-b,[::1]:7002/0")

    assert (address.kind, address.hosts) == ("cluster", (("10.0.0.1", 7000), ("redis-b", 6379), ("::1", 7002)))
    assert (address.username, address.password, address.tls) == ("market", "p@ss", None)
    assert read_redis_url("rediss+cluster://a").tls == RedisTls()


def test_sentinels_name_their_master_a_database_and_a_password_of_their_own() -> None:
    address = read_redis_url("redis+sentinel://:secret@10.0.0.1,10.0.0.2:26380/market/3?sentinel_password=other")

    assert (address.kind, address.hosts) == ("sentinel", (("10.0.0.1", 26379), ("10.0.0.2", 26380)))
    assert (address.master_name, address.db, address.username, address.password) == ("market", 3, None, "secret")
    assert address.sentinel_password == "other"


def test_certificates_are_options_of_every_address_that_encrypts() -> None:
    options = "ssl_ca_certs=/ca.pem&ssl_certfile=/own.pem&ssl_keyfile=/own.key&ssl_check_hostname=no"
    tls = RedisTls("/ca.pem", "/own.pem", "/own.key", checks_names=False)
    for url in ("rediss://a:7000/0", "rediss+cluster://a:7000", "rediss+sentinel://a:7000/market"):
        address = read_redis_url(f"{url}?{options}")

        assert (address.tls, address.places) == (tls, (("a", 7000),))


@pytest.mark.parametrize("url", ["redis://:secret@host:6379/0", "rediss://host", "unix:///run/redis.sock"])
def test_a_single_server_is_left_to_the_library(url: str) -> None:
    assert read_redis_url(url).kind == "single"


def test_what_cannot_be_meant_is_refused_with_a_reason_and_without_the_password() -> None:
    wrong = {
        "localhost:6379": "cannot be told apart",
        "": "cannot be told apart",
        "redis+cluster://:geheim@host:1,,other": "a host is missing",
        "redis+cluster://:geheim@host:99999999": "cannot be told apart",
        "redis+cluster://:geheim@host/1": "database 0 only",
        "redis+cluster://:geheim@host?db=1": "unknown options .db.",
        "redis+cluster://": "a host is missing",
        "redis+sentinel://:geheim@host:26379": "name that the Sentinels give",
        "redis+sentinel://:geheim@host/market/x": "is no number",
        "redis+sentinel://:geheim@host/market?colour=red": "unknown options .colour.",
        "redis+sentinels://:geheim@host/market": "there is no scheme",
        "redis+cluster://:geheim@host?ssl_ca_certs=/ca.pem": "ssl_ca_certs need rediss",
        "redis://:geheim@host?ssl_certfile=/own.pem": "ssl_certfile need rediss",
        "rediss+cluster://:geheim@host?ssl_check_hostname=perhaps": "ssl_check_hostname is yes or no",
        "rediss+sentinel://:geheim@host/market?ssl_keyfile=/own.key": "ssl_keyfile needs ssl_certfile",
        "rediss://:geheim@host?ssl_keyfile=/own.key": "ssl_keyfile needs ssl_certfile",
        "http+cluster://:geheim@host": "there is no scheme",
        "redis+cluster://:geheim@[::1": "cannot be told apart",
    }
    for url, why in wrong.items():
        with pytest.raises(WrongRedisUrl, match=f"REDIS_URL is not a Redis address: .*{why}.* It looks like redis://") as refused:
            read_redis_url(url)
        assert "geheim" not in str(refused.value), url


def test_what_is_shown_of_an_address_has_no_password() -> None:
    for url in ("redis+cluster://:geheim@a,b:7001", "redis+sentinel://:geheim@a/market?sentinel_password=geheim", "redis://:geheim@a:1/0"):
        address = read_redis_url(url)

        assert "geheim" not in f"{address!r} {address.place}"
