"""RFC 6455 frames: what `websockets` writes is read back, in whatever pieces it comes, and every violation has its close code."""

from __future__ import annotations

import itertools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame
from websockets.frames import Opcode as ClientOpcode

from app.realtime.websocket_frames import FrameError, FrameReader, Opcode, Received, close_frame, pong_frame, text_frame

LIMIT = 70_000
MASK = b"\x12\x34\x56\x78"


def client_frame(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    return Frame(ClientOpcode(opcode), payload, fin=fin).serialize(mask=True)


def raw_frame(first: int, payload: bytes = b"", *, mask: bool = True) -> bytes:
    masked = bytes(byte ^ MASK[index % 4] for index, byte in enumerate(payload))
    return bytes((first, (0x80 if mask else 0) | len(payload))) + (MASK + masked if mask else payload)


def read(data: bytes, *, limit: int = LIMIT) -> tuple[list[Received], FrameError | None]:
    return FrameReader(limit).feed(data)


@given(st.lists(st.text(max_size=300).map(str.encode), max_size=5), st.integers(1, 40))
def test_messages_are_the_same_however_their_bytes_are_cut(messages: list[bytes], piece: int) -> None:
    wire = b"".join(client_frame(Opcode.TEXT, message) for message in messages)
    reader = FrameReader(LIMIT)
    found: list[Received] = []
    for start in range(0, len(wire), piece):
        complete, violation = reader.feed(wire[start : start + piece])
        assert violation is None
        found += complete
    assert [each.payload for each in found] == messages
    assert reader.is_between_messages


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=4))
def test_fragments_make_one_message_with_control_frames_between_them(payload: bytes, cuts: list[int]) -> None:
    bounds = [0, *sorted(min(cut, len(payload)) for cut in cuts), len(payload)]
    pieces = [payload[a:b] for a, b in itertools.pairwise(bounds)]
    wire = b""
    for index, each in enumerate(pieces):
        wire += client_frame(Opcode.CONTINUATION if index else Opcode.BINARY, each, fin=index == len(pieces) - 1)
        if index < len(pieces) - 1:
            wire += client_frame(Opcode.PING, b"are you there")
    found, violation = read(wire)
    assert violation is None
    assert [each.payload for each in found if each.opcode is Opcode.BINARY] == [payload]
    assert sum(each.opcode is Opcode.PING for each in found) == len(pieces) - 1


@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_fail_in_any_other_way(noise: bytes) -> None:
    _, violation = read(noise)
    assert violation is None or violation.code in {1002, 1007, 1009}


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, LIMIT])
def test_every_form_of_length_is_read_and_written(length: int) -> None:
    payload = b"x" * length
    found, violation = read(client_frame(Opcode.BINARY, payload))
    assert violation is None
    assert found == [Received(Opcode.BINARY, payload)]
    assert text_frame(payload) == Frame(ClientOpcode.TEXT, payload).serialize(mask=False)


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        (raw_frame(0x81, b"hello", mask=False), 1002),
        (raw_frame(0xC1, b"rsv1"), 1002),
        (raw_frame(0xA1, b"rsv2"), 1002),
        (raw_frame(0x91, b"rsv3"), 1002),
        (raw_frame(0x83, b"reserved opcode"), 1002),
        (raw_frame(0x8B, b"reserved control"), 1002),
        (raw_frame(0x09, b"fragmented ping"), 1002),
        (bytes((0x89, 0xFE)) + struct.pack("!H", 126), 1002),
        (raw_frame(0x80, b"continuation of nothing"), 1002),
        (raw_frame(0x01, b"begun") + raw_frame(0x81, b"another"), 1002),
        (raw_frame(0x81, b"\xff\xfe"), 1007),
        (raw_frame(0x81, "ế".encode()[:2]), 1007),
        (raw_frame(0x88, b"\x03"), 1002),
        (raw_frame(0x88, struct.pack("!H", 1005)), 1002),
        (raw_frame(0x88, struct.pack("!H", 999)), 1002),
        (raw_frame(0x88, struct.pack("!H", 1000) + b"\xff"), 1007),
        (bytes((0x82, 0xFF)) + struct.pack("!Q", 1 << 63), 1002),
        (bytes((0x82, 0xFF)) + struct.pack("!Q", LIMIT + 1), 1009),
        (client_frame(Opcode.BINARY, b"x" * LIMIT, fin=False) + client_frame(Opcode.CONTINUATION, b"x"), 1009),
    ],
)
def test_a_violation_ends_the_reading_with_its_code(wire: bytes, code: int) -> None:
    found, violation = read(client_frame(Opcode.TEXT, b"before") + wire)
    assert [each.payload for each in found][:1] == [b"before"]
    assert violation is not None
    assert violation.code == code


def test_nothing_counts_after_a_close() -> None:
    found, violation = read(raw_frame(0x88, struct.pack("!H", 1000)) + client_frame(Opcode.TEXT, b"too late"))
    assert violation is None
    assert [each.opcode for each in found] == [Opcode.CLOSE]


def test_our_control_frames_are_read_by_websockets() -> None:
    assert close_frame(4008, "slow") == Frame(ClientOpcode.CLOSE, struct.pack("!H", 4008) + b"slow").serialize(mask=False)
    assert close_frame(1005) == Frame(ClientOpcode.CLOSE, b"").serialize(mask=False)
    assert pong_frame(b"x") == Frame(ClientOpcode.PONG, b"x").serialize(mask=False)
