"""RFC 6455 on the wire, server side: builds frames, and reads what a client sends, as strictly as the standard asks.

No I/O. Limits are bytes of payload. A violation is a `FrameError` with the close code of §7.4.1.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from websockets.exceptions import ProtocolError
from websockets.frames import Close
from websockets.utils import apply_mask


class Opcode(IntEnum):
    """§5.2; others are reserved."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


PROTOCOL_ERROR = 1002
INVALID_TEXT = 1007
POLICY_VIOLATION = 1008
MESSAGE_TOO_BIG = 1009
NO_STATUS = 1005

_FIN = 0x80
_RESERVED_BITS = 0x70
_MASKED = 0x80
_KNOWN = {int(opcode): opcode for opcode in Opcode}
_CONTROL_MAX_BYTES = 125


class FrameError(Exception):
    """The client broke the protocol; close with `code`."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Received:
    """A whole message, or a control frame. `payload` of a CLOSE is checked already."""

    opcode: Opcode
    payload: bytes


def text_frame(payload: bytes) -> bytes:
    """One unfragmented text frame; the payload must be UTF-8."""
    return _header(Opcode.TEXT, len(payload)) + payload


def pong_frame(payload: bytes) -> bytes:
    return _header(Opcode.PONG, len(payload)) + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """A close frame; without a body when the code is 1005, which never goes over the wire."""
    body = b"" if code == NO_STATUS else struct.pack("!H", code) + reason.encode()[: _CONTROL_MAX_BYTES - 2]
    return _header(Opcode.CLOSE, len(body)) + body


def _header(opcode: Opcode, length: int) -> bytes:
    first = _FIN | opcode
    if length < 126:
        return bytes((first, length))
    if length < 65_536:
        return struct.pack("!BBH", first, 126, length)
    return struct.pack("!BBQ", first, 127, length)


class FrameReader:
    """Takes bytes as they come and gives whole messages. Made when a client's bytes do not end with a frame, dropped when they do."""

    __slots__ = ("_buffer", "_fragments", "_max_bytes", "_opcode")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._buffer = bytearray()
        self._fragments = bytearray()
        self._opcode: Opcode | None = None

    @property
    def is_between_messages(self) -> bool:
        """Nothing is kept: the next byte begins a new message."""
        return not self._buffer and self._opcode is None

    def feed(self, data: bytes) -> tuple[list[Received], FrameError | None]:
        """What is complete now, in order, and the violation that ended the reading, if there was one. Nothing counts after a close."""
        self._buffer += data
        complete: list[Received] = []
        try:
            while (frame := self._next_frame()) is not None:
                received = self._assemble(*frame)
                if received is not None:
                    complete.append(received)
                    if received.opcode is Opcode.CLOSE:
                        break
        except FrameError as violation:
            return complete, violation
        return complete, None

    def _next_frame(self) -> tuple[bool, Opcode, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        opcode = _checked_opcode(buffer[0], buffer[1])
        is_final = bool(buffer[0] & _FIN)
        length, start = buffer[1] & 0x7F, 2
        if length >= 126:
            start = 4 if length == 126 else 10
            if len(buffer) < start:
                return None
            length = int.from_bytes(buffer[2:start], "big")
            if length >> 63:
                raise FrameError(PROTOCOL_ERROR, "length with the highest bit set")
        self._check_length(opcode, length, is_final=is_final)
        end = start + 4 + length
        if len(buffer) < end:
            return None
        payload = apply_mask(bytes(buffer[start + 4 : end]), bytes(buffer[start : start + 4]))
        del buffer[:end]
        return is_final, opcode, payload

    def _check_length(self, opcode: Opcode, length: int, *, is_final: bool) -> None:
        """Before the payload has arrived: a client cannot make us wait for, or keep, more than the limit."""
        if opcode >= Opcode.CLOSE:
            if not is_final:
                raise FrameError(PROTOCOL_ERROR, "fragmented control frame")
            if length > _CONTROL_MAX_BYTES:
                raise FrameError(PROTOCOL_ERROR, "control frame too long")
        elif len(self._fragments) + length > self._max_bytes:
            raise FrameError(MESSAGE_TOO_BIG, f"over {self._max_bytes} bytes")

    def _assemble(self, is_final: bool, opcode: Opcode, payload: bytes) -> Received | None:
        if opcode >= Opcode.CLOSE:
            return Received(opcode, _checked_close(payload) if opcode is Opcode.CLOSE else payload)
        if opcode is Opcode.CONTINUATION:
            if self._opcode is None:
                raise FrameError(PROTOCOL_ERROR, "continuation of nothing")
        elif self._opcode is not None:
            raise FrameError(PROTOCOL_ERROR, "a new message inside a fragmented one")
        else:
            self._opcode = opcode
        self._fragments += payload
        if not is_final:
            return None
        message = Received(self._opcode, bytes(self._fragments))
        self._opcode = None
        self._fragments.clear()
        if message.opcode is Opcode.TEXT:
            _check_text(message.payload)
        return message


def _checked_opcode(first: int, second: int) -> Opcode:
    opcode = _KNOWN.get(first & 0x0F)
    if first & _RESERVED_BITS:
        raise FrameError(PROTOCOL_ERROR, "reserved bits without an extension")
    if opcode is None:
        raise FrameError(PROTOCOL_ERROR, "unknown opcode")
    if not second & _MASKED:
        raise FrameError(PROTOCOL_ERROR, "unmasked frame from a client")
    return opcode


def _checked_close(payload: bytes) -> bytes:
    """§7.4: an empty body, or a permitted code and UTF-8. The checks are those of `websockets`."""
    try:
        Close.parse(payload).check() if payload else None
    except UnicodeDecodeError as error:
        raise FrameError(INVALID_TEXT, "close reason is not UTF-8") from error
    except ProtocolError as error:
        raise FrameError(PROTOCOL_ERROR, str(error)) from error
    return payload


def _check_text(payload: bytes) -> None:
    try:
        payload.decode()
    except UnicodeDecodeError as error:
        raise FrameError(INVALID_TEXT, "text is not UTF-8") from error
