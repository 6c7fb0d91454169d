"""What a worker and the writer of its node say to each other over their Unix socket: frames of four bytes of length, then JSON.

Both are processes of one installation and one release. Contacts are sealed before they come here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from app.errors import AppError
from app.orders.batch import BatchResult
from app.orders.books import WantedOrder
from app.protocol.server_events import OrderReceipt

_LENGTH = struct.Struct(">I")
# A thousand orders with their sealed contacts are about two million bytes.
FRAME_MAX_BYTES = 64 * 1024 * 1024


class FrameTooLong(ValueError):
    """The other side is none of ours."""


class Batch(BaseModel):
    """Orders of one session, to be begun until `due_at`: the clock `monotonic` of this machine, which all its processes share.

    `traced_as`: the recorded span for which it is written.
    """

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64", frozen=True)

    number: int
    session_id: UUID
    due_at: float
    orders: tuple[WantedOrder, ...]
    traced_as: str | None = None


class Refusal(BaseModel):
    """An `AppError`, as far as a buyer is told of it."""

    code: str
    message: str
    details: dict[str, Any]
    retry_after_seconds: float | None


class Outcome(BaseModel):
    """What became of the batch of this number. `not_written` is certain: its worker may write it itself.

    `answers`: one per order of a committed batch, in their order.
    """

    number: int
    state: Literal["committed", "not_written", "unknown"]
    answers: tuple[OrderReceipt | Refusal, ...] = ()
    sold_out: tuple[UUID, ...] = ()
    newly_sold_out: tuple[UUID, ...] = ()
    emptied_pools: tuple[UUID, ...] = ()
    last_seq: int = 0


def framed(message: Batch | Outcome) -> bytes:
    """One frame."""
    content = message.model_dump_json().encode()
    return _LENGTH.pack(len(content)) + content


class Frames:
    """Cuts what arrives into the contents of frames."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The contents of frames that are whole now. Raises `FrameTooLong`."""
        self._kept += data
        while len(self._kept) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._kept)
            if length > FRAME_MAX_BYTES:
                raise FrameTooLong
            end = _LENGTH.size + length
            if len(self._kept) < end:
                return
            content = bytes(self._kept[_LENGTH.size : end])
            del self._kept[:end]
            yield content


def committed(number: int, result: BatchResult) -> Outcome:
    """The outcome of a batch that was committed."""
    return Outcome(
        number=number,
        state="committed",
        answers=tuple(map(_told, result.answers)),
        sold_out=tuple(result.sold_out),
        newly_sold_out=tuple(result.newly_sold_out),
        emptied_pools=tuple(result.emptied_pools),
        last_seq=result.last_seq,
    )


def result_of(outcome: Outcome) -> BatchResult:
    """The result that a committed outcome tells of. Raises `KeyError` for a refusal that this release does not know."""
    answers = [_refused(answer) if isinstance(answer, Refusal) else answer for answer in outcome.answers]
    return BatchResult(answers, list(outcome.sold_out), outcome.last_seq, list(outcome.newly_sold_out), list(outcome.emptied_pools))


def _told(answer: OrderReceipt | AppError) -> OrderReceipt | Refusal:
    if not isinstance(answer, AppError):
        return answer
    return Refusal(code=answer.code, message=answer.message, details=answer.details, retry_after_seconds=answer.retry_after_seconds)


def _refused(refusal: Refusal) -> AppError:
    return _kinds(AppError)[refusal.code](refusal.message, details=refusal.details, retry_after_seconds=refusal.retry_after_seconds)


_KNOWN: dict[str, type[AppError]] = {}


def _kinds(base: type[AppError]) -> dict[str, type[AppError]]:
    """All refusals by code; those of packages that were not loaded the first time are found when they are asked for."""
    if not _KNOWN:
        waiting: list[type[AppError]] = [base]
        while waiting:
            kind = waiting.pop()
            _KNOWN.setdefault(kind.code, kind)
            waiting.extend(kind.__subclasses__())
    return _KNOWN


def split(result: BatchResult, sizes: Sequence[int]) -> Iterator[BatchResult]:
    """Per part of a batch that was put together of several: its answers. What only one must tell the room of goes to the first."""
    begin = 0
    for size in sizes:
        yield BatchResult(
            result.answers[begin : begin + size],
            result.sold_out,
            result.last_seq,
            [] if begin else result.newly_sold_out,
            [] if begin else result.emptied_pools,
        )
        begin += size
