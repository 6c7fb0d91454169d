"""Production refuses what lets strangers in, one line for each; development takes all of it."""

from __future__ import annotations

from typing import Any

import pytest

from app.infra.production import production_faults, require_production_settings, weakness_of
from app.infra.startup import StartupError
from app.settings import load_settings

STRONG = "f3a1c0de5b7e4d2896a0c4e1b8d7f6a59c3e2b1d4f60718a"
SOUND: dict[str, Any] = {"environment": "production", "secret_key": STRONG, "allowed_hosts": ("cho.example.vn",)}


def test_sound_settings_are_taken() -> None:
    settings = load_settings(**SOUND, trusted_proxies=("10.0.0.5", "10.0.0.0/24"), allowed_origins=("https://cho.example.vn",))

    require_production_settings(settings)

    assert list(production_faults(settings)) == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"secret_key": "short"}, "OCOP_SECRET_KEY has 5 characters"),
        ({"secret_key": "change-me-" + STRONG}, "OCOP_SECRET_KEY looks like an example"),
        ({"secret_key": "ab" * 30}, "OCOP_SECRET_KEY is made of too few"),
        ({"former_secret_keys": ("old",)}, "OCOP_FORMER_SECRET_KEYS has 3 characters"),
        ({"next_secret_key": "next"}, "OCOP_NEXT_SECRET_KEY has 4 characters"),
        ({"allowed_hosts": ()}, "OCOP_ALLOWED_HOSTS"),
        ({"allowed_hosts": ("cho.example.vn", "*")}, "OCOP_ALLOWED_HOSTS"),
        ({"trusted_proxies": ("*",)}, "OCOP_TRUSTED_PROXIES"),
        ({"trusted_proxies": ("10.0.0.5", "0.0.0.0/0")}, "OCOP_TRUSTED_PROXIES has 0.0.0.0/0"),
        ({"trusted_proxies": ("::/0",)}, "OCOP_TRUSTED_PROXIES"),
        ({"allowed_origins": ("http://cho.example.vn",)}, "OCOP_ALLOWED_ORIGINS"),
        ({"allowed_origins": ("*",)}, "OCOP_ALLOWED_ORIGINS"),
        ({"secure_cookies": False}, "OCOP_SECURE_COOKIES"),
        ({"log_level": "debug"}, "OCOP_LOG_LEVEL"),
    ],
)
def test_each_fault_is_refused_by_name_and_shows_no_secret(changes: dict[str, Any], named: str) -> None:
    settings = load_settings(**(SOUND | changes))

    with pytest.raises(StartupError) as refused:
        require_production_settings(settings)

    assert str(refused.value).startswith(named)
    assert STRONG not in str(refused.value)
    require_production_settings(settings.model_copy(update={"environment": "development"}))


def test_generated_secrets_are_strong_enough() -> None:
    assert weakness_of(STRONG) is None
    assert weakness_of("0123456789abcdef" * 4) == "looks like an example"
