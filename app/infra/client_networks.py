"""Whose request it is, as far as an address can tell: what limits of one client are counted by."""

from __future__ import annotations

import ipaddress
import socket

_LOOPBACK_V4 = 127


def network_of(address: str) -> str:
    """The part of an address that one client cannot change at will: all of an IPv4 address, the /64 of an IPv6 address.

    The /64 is what one household or phone is given. What is no address is returned as it is.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)


def masked_network(address: str) -> str:
    """Whereabouts of an address, to be recognised by whoever was there: without its last part; empty for what is no address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    shown = mapped or parsed
    return f"{str(shown).rpartition('.')[0]}.…" if shown.version == 4 else str(ipaddress.ip_network((int(shown), 48), strict=False))


def counted_network(address: str) -> str | None:
    """The same, or None for this machine: it is a proxy that does not say for whom it speaks."""
    try:
        # Asked four times for each connection of a rush; remembering answers instead would keep addresses.
        first, *_ = socket.inet_pton(socket.AF_INET, address)
    except (OSError, ValueError):
        return _counted_v6(address)
    return None if first == _LOOPBACK_V4 else address


def _counted_v6(address: str) -> str | None:
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    return None if (parsed.ipv4_mapped or parsed).is_loopback else network_of(address)
