"""The quick way to tell a client's network says what the library's own reading of addresses says."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.infra.client_networks import counted_network, network_of


def by_the_library(address: str) -> str | None:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return None if (mapped or parsed).is_loopback else network_of(address)


@given(st.one_of(st.ip_addresses().map(str), st.text(max_size=20), st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,4}){2,4}", fullmatch=True)))
def test_any_text_is_counted_as_the_library_reads_it(address: str) -> None:
    assert counted_network(address) == by_the_library(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.7", "10.0.0.7", "2001:db8:1:2:3::4", "fe80::1%eth0"),
        *("", "a phone", "01.2.3.4", "1.2.3", "1.2.3.4 ", "1.2.3.4\n", "1.2.3.4\0", "\ud800", "1.2.3.256", "0x7f.1", "127.1", "::1\0"),
    ],
)
def test_addresses_that_are_strange_are_read_as_the_library_does(address: str) -> None:
    assert counted_network(address) == by_the_library(address)
