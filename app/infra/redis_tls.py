"""TLS to Redis: what REDIS_URL says of certificates, and in words why a server is not believed or does not believe us."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OPTIONS = frozenset({"ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname"})
_SECONDS = 3.0
_HELLO = b"*1\r\n$4\r\nPING\r\n"
_YES = {"1", "true", "yes", "on"}
_NO = {"0", "false", "no", "off"}


@dataclass(frozen=True, slots=True)
class RedisTls:
    """`authorities`: a file of certificates that are trusted instead of the system's; `certificate` and `key`: who we are."""

    authorities: str | None = None
    certificate: str | None = None
    key: str | None = None
    checks_names: bool = True

    def for_library(self) -> dict[str, Any]:
        """redis-py's arguments of a connection with TLS."""
        return {
            "ssl": True,
            "ssl_ca_certs": self.authorities,
            "ssl_certfile": self.certificate,
            "ssl_keyfile": self.key,
            "ssl_check_hostname": self.checks_names,
        }


def tls_of(options: Mapping[str, str]) -> RedisTls:
    """What the options of a `rediss` address say. Raises `ValueError` with the reason."""
    said = options.get("ssl_check_hostname", "yes").lower()
    if said not in _YES | _NO:
        raise ValueError("ssl_check_hostname is yes or no")
    if options.get("ssl_keyfile") and not options.get("ssl_certfile"):
        raise ValueError("ssl_keyfile needs ssl_certfile")
    return RedisTls(options.get("ssl_ca_certs"), options.get("ssl_certfile"), options.get("ssl_keyfile"), said in _YES)


async def tls_problem(tls: RedisTls, places: Sequence[tuple[str, int]]) -> str | None:
    """Why TLS to these servers comes to nothing, of the first that says so; None when it is not TLS that fails."""
    try:
        context = _context(tls)
    except _Unreadable as error:
        return str(error)
    for host, port in places:
        why = await _problem_at(context, host, port)
        if why is not None:
            return f"{host}:{port} {why}"
    return None


class _Unreadable(Exception):
    """A file that REDIS_URL names is not there, or is none of its kind."""


def _context(tls: RedisTls) -> ssl.SSLContext:
    for option, name in (("ssl_ca_certs", tls.authorities), ("ssl_certfile", tls.certificate), ("ssl_keyfile", tls.key)):
        if name:
            try:
                Path(name).read_bytes()
            except OSError as error:
                raise _Unreadable(f"{option} cannot be read ({error.strerror})") from error
    try:
        context = ssl.create_default_context(cafile=tls.authorities)
    except ssl.SSLError as error:
        raise _Unreadable("ssl_ca_certs holds no certificates") from error
    context.check_hostname = tls.checks_names
    if tls.certificate:
        try:
            context.load_cert_chain(tls.certificate, tls.key)
        except ssl.SSLError as error:
            raise _Unreadable("ssl_certfile and ssl_keyfile are not a certificate and its key") from error
    return context


async def _problem_at(context: ssl.SSLContext, host: str, port: int) -> str | None:
    try:
        async with asyncio.timeout(_SECONDS):
            reader, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return None
    try:
        async with asyncio.timeout(_SECONDS):
            await writer.start_tls(context, server_hostname=host)
        return await _refusal_of_ours(reader, writer)
    except ssl.SSLCertVerificationError as error:
        return f"shows a certificate that is not trusted: {error.verify_message}. Name its authority with ssl_ca_certs"
    except ssl.SSLError as error:
        return f"speaks no TLS that is understood here ({error.reason})"
    except TimeoutError:
        return "takes the connection and says nothing to TLS: perhaps that port speaks plainly"
    except OSError:
        return "ends the connection instead of speaking TLS: perhaps that port speaks plainly"
    finally:
        # Nothing is waited for: a handshake that failed never tells that it is closed.
        writer.transport.abort()


async def _refusal_of_ours(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str | None:
    """A server that wants a certificate of ours ends the connection only after its own part is done, sometimes without a word."""
    said = b""
    writer.write(_HELLO)
    try:
        async with asyncio.timeout(_SECONDS):
            said = await reader.read(1)
    except TimeoutError:
        return None
    except OSError:
        pass
    return None if said else "wants a certificate of ours that it trusts: ssl_certfile and ssl_keyfile"
