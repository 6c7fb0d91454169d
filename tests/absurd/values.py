"""What no field was made for."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

NUMBERS: list[Any] = [-1, 0, 1.5, 2**31, 2**53 + 1, 10**18, 2**63, 10**30, 1e300, float("nan"), float("-inf"), True]
TIMES = [
    *("1960-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2099-11-30T23:59:59Z"),
    *("2026-12-05T08:00:00", "2026-02-30T08:00:00Z", "0001-01-01", "9999-12-31", "2026-12-05T08:00:00+23:59"),
]
TEXTS = [
    *("", " ", "a\0b", "\u200b", "\ud800", "\udfff\ud83d", "\u202eb", "x" * 5_000, "9" * 4_000, "Z\u0338\u0322" * 60, "1" * 14, "٣" * 9),
    *("00000000-0000-0000-0000-000000000000", f"urn:uuid:{uuid4()}", "https://[::1", "javascript:alert(1)", "'; --", "%s{0}", "a_b"),
]


def _nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


OTHERS: list[Any] = [None, [], {}, [[]], {"": ""}, _nested(200)]
ABSURD: list[Any] = [*NUMBERS, *TIMES, *TEXTS, *OTHERS]

# For addresses and queries, percent-encoded already.
IN_ADDRESSES = [
    *("x", "0", "-1", "1.5", "nan", "1e999", str(10**18), str(2**63), "9" * 4_400, "%00", "%FF", "%ED%A0%80", "%D9%A3", "x" * 2_000),
    *("null", "true", "1960-01-01T00:00:00Z", "%2e%2e", "%0d%0a", "00000000-0000-0000-0000-000000000000", str(uuid4())),
]
IN_HEADERS = [b"", b" ", b"0", b"\xff\xfe", b"x" * 3_000, b"\xed\xa0\x80", b'W/"', b"a\tb", b"-1", str(uuid4()).encode()]


def whole_bodies(right: bytes) -> dict[str, bytes]:
    """Bodies that are wrong as a whole, made of a right one."""
    name = right[1 : right.index(b":")] if right.startswith(b"{") and b":" in right else b'"name"'
    return {
        "nothing": b"",
        "blank": b" ",
        "half": right[: len(right) // 2],
        "twice": right + right,
        "no UTF-8": right.replace(b'"', b'"\xff\xc0', 3),
        "UTF-16": right.decode().encode("utf-16"),
        "byte order mark": b"\xef\xbb\xbf" + right,
        "duplicate keys": b"{" + name + b":1," + name + b":null," + right[1:],
        "huge exponent": b"{" + name + b":1e999999}",
        "huge number": b"{" + name + b":" + b"9" * 3_900 + b"}",
        "not a number": b"{" + name + b":NaN}",
        "infinity": b"[-Infinity]",
        "lone surrogate": b'{"\\ud800":"\\udc00\\ud800"}',
        "deep lists": b"[" * 3_900,
        "deep objects": b'{"a":' * 780,
        "deep and closed": b"{" + name + b":" + b"[" * 1_900 + b"]" * 1_900 + b"}",
        "a text": b'"x"',
        "a number": b"0",
    }
