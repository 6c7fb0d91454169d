"""RFC 6455 from the client's side, on both kinds of sockets. The room stands in for an echo: each whole message gets one reply."""

from __future__ import annotations

import json
import struct

import pytest

from tests.live.fixtures import on_both_transports
from tests.live.market import Market
from tests.realtime.raw_socket import BINARY, CLOSE, PING, PONG, TEXT, closing, frame, raw_socket

pytestmark = on_both_transports

ASK = b'{"type":"like.send","id":"%s","count":1}'
LARGEST = 4 * 4096


def ask(name: str) -> bytes:
    """A command that is answered with its id, before the hello with a refusal."""
    return ASK % name.encode()


def padded(length: int) -> bytes:
    """A command of so many bytes."""
    return ask("x") + b" " * (length - len(ask("x")))


# --- 1 and 9: lengths ---


@pytest.mark.parametrize("length", [60, 125, 126, 127, 128, 4_000, 4_096])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("chopped", [0, 1, 997])
async def test_messages_of_every_length_are_read_whole(live_house: Market, length: int, opcode: int, chopped: int) -> None:
    async with raw_socket(live_house) as client:
        await client.send(frame(opcode, padded(length)), chopped=chopped if length < 1_000 or chopped != 1 else 64)

        assert (await client.reply())["id"] == "x"


@pytest.mark.parametrize("length", [0, 4_097, LARGEST])
async def test_what_is_no_command_is_answered_all_the_same(live_house: Market, length: int) -> None:
    async with raw_socket(live_house) as client:
        await client.send(frame(TEXT, b" " * length))

        assert (await client.reply())["type"] == "command.failed"


@pytest.mark.parametrize("length", [LARGEST + 1, 65_535, 65_536, 2**31, 2**63 - 1])
async def test_a_message_beyond_the_limit_is_refused_by_its_head_alone(live_house: Market, length: int) -> None:
    async with raw_socket(live_house) as client:
        await client.send(frame(BINARY, b"", length=length))

        assert await client.close_code() == 1009


# --- 2: pings and pongs ---


@pytest.mark.parametrize("payload", [b"", b"Xin ch\xc3\xa0o", bytes(range(125)), b"\x00\xff\xfe"])
async def test_a_ping_is_answered_with_its_payload(live_house: Market, payload: bytes) -> None:
    async with raw_socket(live_house) as client:
        await client.send(frame(PING, payload), chopped=len(payload) % 2)

        assert await client.until(PONG) == (PONG, payload)


async def test_ten_pings_at_once_are_all_answered_in_order(live_house: Market) -> None:
    async with raw_socket(live_house) as client:
        await client.send(b"".join(frame(PING, b"%d" % number) for number in range(10)))

        assert [await client.until(PONG) for _ in range(10)] == [(PONG, b"%d" % number) for number in range(10)]


async def test_a_pong_that_nobody_asked_for_is_passed_over(live_house: Market) -> None:
    async with raw_socket(live_house) as client:
        await client.send(frame(PONG, b"unasked") + frame(PONG) + frame(PING, b"and now"))

        assert await client.until(PONG) == (PONG, b"and now")


# --- 3, 4: reserved bits and opcodes; masks ---


@pytest.mark.parametrize("rsv", range(1, 8))
@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, CLOSE])
async def test_reserved_bits_are_a_violation(live_house: Market, rsv: int, opcode: int) -> None:
    async with raw_socket(live_house) as client:
        await client.send(frame(TEXT, ask("1")))
        assert (await client.reply())["id"] == "1"

        await client.send(frame(opcode, b"\x03\xe8", rsv=rsv) + frame(PING, b"too late"))

        assert await client.close_code() == 1002
        assert await client.ended()


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
@pytest.mark.parametrize("payload", [b"", b"x"])
async def test_reserved_opcodes_are_a_violation(live_house: Market, opcode: int, payload: bytes) -> None:
    async with raw_socket(live_house) as client:
        await client.send(frame(opcode, payload))

        assert await client.close_code() == 1002


@pytest.mark.parametrize("opcode", [TEXT, PING, CLOSE])
async def test_an_unmasked_frame_is_a_violation(live_house: Market, opcode: int) -> None:
    async with raw_socket(live_house) as client:
        await client.send(frame(opcode, b"\x03\xe8", masked=False))

        assert await client.close_code() == 1002
        assert await client.ended()


# --- 5: fragments ---


@pytest.mark.parametrize("chopped", [0, 1])
async def test_a_message_may_come_in_fragments_with_pings_between(live_house: Market, chopped: int) -> None:
    first, second, third = b'{"type":"like.send",', b'"id":"f","cou', b'nt":1}'
    async with raw_socket(live_house) as client:
        wire = frame(TEXT, first, fin=False) + frame(PING, b"1") + frame(0, second, fin=False) + frame(0, b"", fin=False)
        await client.send(wire + frame(PING, b"2") + frame(0, third), chopped=chopped)

        assert [await client.until(PONG) for _ in range(2)] == [(PONG, b"1"), (PONG, b"2")]
        assert (await client.reply())["id"] == "f"


async def test_a_message_in_one_byte_fragments_is_read(live_house: Market) -> None:
    async with raw_socket(live_house) as client:
        pieces = [bytes((byte,)) for byte in ask("many")]
        await client.send(frame(TEXT, pieces[0], fin=False) + b"".join(frame(0, piece, fin=False) for piece in pieces[1:]) + frame(0))

        assert (await client.reply())["id"] == "many"


@pytest.mark.parametrize(
    "wire",
    [
        frame(PING, b"half", fin=False) + frame(0, b"ping"),
        frame(PONG, b"half", fin=False),
        frame(CLOSE, b"\x03\xe8", fin=False),
        frame(0, b"of nothing"),
        frame(0, b"of nothing", fin=False) + frame(TEXT, b"x"),
        frame(TEXT, ask("1"), fin=False) + frame(TEXT, ask("2")),
        frame(BINARY, ask("1"), fin=False) + frame(BINARY, ask("2"), fin=False),
        frame(TEXT, ask("1")[:5], fin=False) + frame(0, ask("1")[5:]) + frame(0, b"one too many"),
        frame(PING, b"x" * 126),
        frame(PONG, b"x" * 126),
        frame(CLOSE, b"\x03\xe8" + b"x" * 124),
    ],
    ids=range(11),
)
async def test_wrong_fragments_and_long_control_frames_are_a_violation(live_house: Market, wire: bytes) -> None:
    async with raw_socket(live_house) as client:
        await client.send(wire)

        assert await client.close_code() == 1002


async def test_fragments_together_may_not_be_larger_than_a_message(live_house: Market) -> None:
    async with raw_socket(live_house) as client:
        await client.send(frame(TEXT, b" " * LARGEST, fin=False) + frame(0, b" "))

        assert await client.close_code() == 1009


# --- 6: UTF-8 ---


@pytest.mark.parametrize(
    "text", ["κόσμε", "Chốt 2 hũ mật ong 🍯", "\U0010ffff", "\ufffe\uffff", "\u0000", "\ud7ff\ue000", "\u0080\u0800\U00010000"]
)
async def test_every_text_may_be_cut_anywhere_even_inside_a_letter(live_house: Market, text: str) -> None:
    # The escapes of JSON are no help here: the characters themselves must come through.
    payload = json.dumps({"type": "like.send", "id": "u", "count": 1, "x": text}, ensure_ascii=False).encode()
    pieces = [payload[start : start + 1] for start in range(len(payload))]
    async with raw_socket(live_house) as client:
        await client.send(frame(TEXT, pieces[0], fin=False) + b"".join(frame(0, each, fin=False) for each in pieces[1:]) + frame(0))

        assert (await client.reply())["code"] in {"malformed", "hello_expected"}
        await client.send(frame(PING, b"still here"))
        assert await client.until(PONG) == (PONG, b"still here")


@pytest.mark.parametrize(
    "payload",
    [
        b"\x80", b"\xbf", b"\xc0\xaf", b"\xc1\xbf", b"\xe0\x80\xaf", b"\xe0\x9f\xbf", b"\xf0\x80\x80\xaf", b"\xf8\x88\x80\x80\x80",
        b"\xfc\x84\x80\x80\x80\x80", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\x80\xed\xb0\x80", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80",
        b"\xfe", b"\xff", b"\xce", b"\xce\xba\xe1", b"\xf0\x90\x80", b"ok \xce\xba\xe1\xbd\xb9\xed\xa0\x80 ok",
    ],
    ids=lambda payload: payload.hex(),
)  # fmt: skip
async def test_text_that_is_not_utf_8_is_refused(live_house: Market, payload: bytes) -> None:
    async with raw_socket(live_house) as client:
        await client.send(frame(TEXT, payload[:1], fin=False) + frame(0, payload[1:]))

        assert await client.close_code() == 1007


# --- 7: the closing handshake ---


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])
@pytest.mark.parametrize("reason", [b"", "tạm biệt".encode(), b"x" * 123])
async def test_a_close_is_answered_with_its_code(live_house: Market, code: int, reason: bytes) -> None:
    async with raw_socket(live_house) as client:
        await client.send(closing(code, reason))

        assert await client.close_code() == code
        assert await client.ended()


async def test_a_close_without_a_code_is_answered_in_kind(live_house: Market) -> None:
    async with raw_socket(live_house) as client:
        await client.send(frame(CLOSE))

        assert await client.close_code() in {1000, 1005}
        assert await client.ended()


@pytest.mark.parametrize("code", [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535])
async def test_codes_that_may_not_be_sent_are_a_violation(live_house: Market, code: int) -> None:
    async with raw_socket(live_house) as client:
        await client.send(closing(code))

        assert await client.close_code() == 1002
        assert await client.ended()


async def test_half_a_code_is_a_violation(live_house: Market) -> None:
    async with raw_socket(live_house) as client:
        await client.send(frame(CLOSE, b"\x03"))

        assert await client.close_code() == 1002


async def test_a_reason_that_is_not_utf_8_is_refused(live_house: Market) -> None:
    async with raw_socket(live_house) as client:
        await client.send(closing(1000, b"\xce\xba\xed\xa0\x80"))

        assert await client.close_code() in {1002, 1007}


async def test_nothing_after_a_close_is_answered(live_house: Market) -> None:
    async with raw_socket(live_house) as client:
        await client.send(closing(1000) + frame(PING, b"late") + frame(TEXT, ask("late")) + closing(1001))

        assert await client.frame() == (CLOSE, struct.pack("!H", 1000))
        assert await client.frame() is None


async def test_a_close_inside_a_fragmented_message_is_taken(live_house: Market) -> None:
    async with raw_socket(live_house) as client:
        await client.send(frame(TEXT, b"half", fin=False) + closing(1000) + frame(0, b"rest"))

        # The library below the portable sockets holds the half message against the client.
        assert await client.close_code() in {1000, 1002}
