"""What production refuses to start with: settings with which a stranger could get in, read along, or be believed. Called by `app/cli.py`."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from app.infra.startup import StartupError
from app.settings import Settings

SECRET_CHARACTERS = 32
_SECRET_KINDS = 10
_EXAMPLES = (
    "changeme",
    "change-me",
    "secret",
    "password",
    "example",
    "insecure",
    "default",
    "ocop-live",
    "xxxx",
    "0123456789",
    "1234567890",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a setting, and what to do."""

    what: str
    do: str


def require_production_settings(settings: Settings) -> None:
    """Raises `StartupError` with the first fault; outside of production nothing is refused."""
    if settings.environment != "production":
        return
    for fault in production_faults(settings):
        raise StartupError(f"{fault.what} {fault.do} `ocop doctor` lists everything that production refuses.")


def production_faults(settings: Settings) -> Iterator[Fault]:
    """Every fault, the gravest first."""
    yield from _of_secrets(settings)
    if not settings.allowed_hosts or "*" in settings.allowed_hosts:
        yield Fault(
            "OCOP_ALLOWED_HOSTS names no hosts, so any name that leads here is believed.",
            "Set it, e.g. OCOP_ALLOWED_HOSTS='[\"cho.example.vn\"]'.",
        )
    for proxy in settings.trusted_proxies:
        if _means_everybody(proxy):
            yield Fault(
                f"OCOP_TRUSTED_PROXIES has {proxy}, so everybody may say which address they come from.", "Name the proxy's own address."
            )
    for origin in settings.allowed_origins:
        if not origin.startswith("https://") or "*" in origin:
            yield Fault(f"OCOP_ALLOWED_ORIGINS has {origin}.", "Name whole https addresses, e.g. https://cho.example.vn.")
    if settings.secure_cookies is False:
        yield Fault("OCOP_SECURE_COOKIES is off, so sign-ins travel in the clear.", "Take it out: production sends them over https only.")
    if settings.log_level == "debug":
        yield Fault("OCOP_LOG_LEVEL is debug, which says more than a log should keep.", "Set it to info.")


def _of_secrets(settings: Settings) -> Iterator[Fault]:
    named = [("OCOP_SECRET_KEY", settings.secret_key), ("OCOP_NEXT_SECRET_KEY", settings.next_secret_key)]
    named += [("OCOP_FORMER_SECRET_KEYS", secret) for secret in settings.former_secret_keys]
    for name, secret in named:
        if secret is not None and (reason := weakness_of(secret.get_secret_value())) is not None:
            yield Fault(f"{name} {reason}.", "Make one with: openssl rand -hex 32 (docs/personal-data.md says how to replace it).")


def weakness_of(secret: str) -> str | None:
    """Why a secret can be guessed, or None."""
    if len(secret) < SECRET_CHARACTERS:
        return f"has {len(secret)} characters, and at least {SECRET_CHARACTERS} are needed"
    lowered = secret.lower()
    if any(example in lowered for example in _EXAMPLES):
        return "looks like an example"
    if len(set(secret)) < _SECRET_KINDS:
        return "is made of too few different characters"
    return None


def _means_everybody(proxy: str) -> bool:
    if proxy.strip() in {"*", ""}:
        return True
    try:
        return ipaddress.ip_network(proxy, strict=False).prefixlen == 0
    except ValueError:
        return False
