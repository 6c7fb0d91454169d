"""Spans of what the service does, for an OpenTelemetry collector. Where no collector is named, nothing is made and nothing is loaded.

A trace begins with a request, a socket command or a job (`root`); what is done for it makes spans inside it (`span`, `turn`). Attributes are
ids, names and codes of ours, never what a person wrote. `spans.py` makes and exports them, with packages that are an extra.
"""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import time_ns
from types import TracebackType
from typing import Any, Protocol, Self
from uuid import UUID

from typing_extensions import override

from app.errors import AppError
from app.infra.startup import StartupError
from app.settings import Settings

Value = str | int | float | bool | UUID
Attributes = Mapping[str, Value]

OUTCOME = "ocop.outcome"
FINE = "ok"
# The SDK keeps 128 links of a span unless it is told otherwise.
_LINKS_MAX = 127
_NONE: Attributes = {}


class TracingNotInstalled(StartupError):
    """A collector is named, and the packages that speak to it are not there."""


@dataclass(frozen=True, slots=True)
class Place:
    """A recorded span, as others refer to it, also those of another process (`text`, the form of W3C's `traceparent`)."""

    trace_id: int
    span_id: int

    @property
    def text(self) -> str:
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-01"

    @classmethod
    def of(cls, text: str) -> Place:
        """Raises `ValueError`."""
        _, trace_id, span_id, _ = text.split("-")
        return cls(int(trace_id, 16), int(span_id, 16))


class Drawn(Protocol):
    """A span in the hands of the exporter."""

    @property
    def place(self) -> Place: ...

    def rename(self, name: str) -> None: ...

    def set(self, name: str, value: Value) -> None: ...

    def end(self, *, failed: bool, at_ns: int | None = None) -> None: ...


class Exporter(Protocol):
    """What draws spans and sends them (`spans.py`)."""

    def draw(
        self, name: str, attributes: Attributes, *, parent: Place | None, links: Sequence[Place], is_request: bool, began_ns: int | None
    ) -> Drawn | None:
        """None: the sampler leaves it out."""

    async def close(self) -> None: ...


class Span:
    """What is done just now, as a context manager. One that is not recorded takes everything and does nothing."""

    __slots__ = ()

    @property
    def place(self) -> Place | None:
        return None

    def rename(self, name: str) -> None: ...

    def set(self, name: str, value: Value) -> None: ...

    def fail(self, kind: str) -> None:
        """It went wrong by our own fault."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None: ...


class _Recorded(Span):
    __slots__ = ("_before", "_drawn", "_failed", "is_open")

    def __init__(self, drawn: Drawn) -> None:
        self._drawn = drawn
        self._failed = False
        self.is_open = True

    @property
    @override
    def place(self) -> Place | None:
        return self._drawn.place

    @override
    def rename(self, name: str) -> None:
        self._drawn.rename(name)

    @override
    def set(self, name: str, value: Value) -> None:
        self._drawn.set(name, value)

    @override
    def fail(self, kind: str) -> None:
        self._failed = True
        self._drawn.set("error.type", kind)

    @override
    def __enter__(self) -> Self:
        self._before = _current.set(self)
        return self

    @override
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        _current.reset(self._before)
        self.is_open = False
        if error is not None:
            # Its name alone: what it says may be about a person.
            self.fail(type(error).__name__)
        self._drawn.end(failed=self._failed)


class Turn(Span):
    """A wait for what is done for many together; as a context manager around the wait. Not recorded: nothing."""

    __slots__ = ()

    def taken(self, together: Place) -> None:
        """It is its turn: it is done as a part of that span, maybe not for the first time."""


class _RecordedTurn(Turn):
    """Two spans of whoever waits: `<name>.wait` until it is taken, `<name>.write` until its answer, linked to what was done together."""

    __slots__ = ("_attributes", "_began_ns", "_exporter", "_links", "_name", "_parent", "_taken_ns")

    def __init__(self, exporter: Exporter, name: str, attributes: Attributes, parent: Place) -> None:
        self._exporter = exporter
        self._name = name
        self._attributes = dict(attributes)
        self._parent = parent
        self._began_ns = time_ns()
        self._taken_ns: int | None = None
        self._links: list[Place] = []

    @property
    @override
    def place(self) -> Place | None:
        return self._parent

    @override
    def set(self, name: str, value: Value) -> None:
        self._attributes[name] = value

    @override
    def taken(self, together: Place) -> None:
        if self._taken_ns is None:
            self._taken_ns = time_ns()
        self._links.append(together)

    @override
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        ended_ns = time_ns()
        self._attributes[OUTCOME] = _outcome_of(error)
        taken_ns = ended_ns if self._taken_ns is None else self._taken_ns
        self._draw("wait", self._began_ns, taken_ns, ())
        if self._taken_ns is not None:
            self._draw("write", taken_ns, ended_ns, self._links)

    def _draw(self, part: str, began_ns: int, ended_ns: int, links: Sequence[Place]) -> None:
        name = f"{self._name}.{part}"
        drawn = self._exporter.draw(name, self._attributes, parent=self._parent, links=links, is_request=False, began_ns=began_ns)
        if drawn is not None:
            drawn.end(failed=False, at_ns=ended_ns)


NO_SPAN = Span()
NO_TURN = Turn()
_current: ContextVar[_Recorded | None] = ContextVar("ocop_span", default=None)
# One for the process, as Prometheus's counters are: what is traced lies in every package.
_exporters: list[Exporter] = []


def here() -> Place | None:
    """The recorded span in which this runs. A task that outlives its request is in none any more."""
    recorded = _current.get()
    return recorded.place if recorded is not None and recorded.is_open else None


def root(name: str, attributes: Attributes = _NONE, *, is_request: bool = False) -> Span:
    """A span with which a trace begins, whatever it runs in: no stranger may decide whether, and under which id, we record."""
    if not _exporters:
        return NO_SPAN
    return _drawn(name, attributes, None, (), is_request=is_request)


def span(name: str, attributes: Attributes = _NONE) -> Span:
    """A span inside the one that this runs in; none where that is not recorded."""
    if not _exporters or (parent := here()) is None:
        return NO_SPAN
    return _drawn(name, attributes, parent, ())


def turn(name: str, attributes: Attributes) -> Turn:
    """The wait of what runs here for being done together with others; see `together`."""
    if not _exporters or (parent := here()) is None:
        return NO_TURN
    return _RecordedTurn(_exporters[-1], name, attributes, parent)


def together(name: str, turns: Sequence[Turn], attributes: Attributes) -> Span:
    """One span for what is done for all of them: in the trace of the first that is recorded, linked with the others."""
    if not _exporters:
        return NO_SPAN
    recorded = [(each, place) for each in turns if (place := each.place) is not None]
    done = _joined(name, [place for _, place in recorded], attributes)
    if (place := done.place) is not None:
        for each, _ in recorded:
            each.taken(place)
    return done


def carried_on(name: str, texts: Sequence[str | None], attributes: Attributes) -> Span:
    """The same for what other processes of ours have asked for; `texts` are the places where they did."""
    if not _exporters:
        return NO_SPAN
    return _joined(name, [Place.of(text) for text in texts if text is not None], attributes)


def add_trace_id(_logger: Any, _method: str, line: Any) -> Any:  # noqa: ANN401 - structlog's form of a processor
    """For log lines: the trace to which they belong, if it is recorded."""
    if (place := here()) is not None:
        line["trace_id"] = f"{place.trace_id:032x}"
    return line


def check_tracing(settings: Settings) -> None:
    """Raises `StartupError` where traces are wanted and cannot be sent."""
    if settings.trace_endpoint:
        _module_of_spans(settings.trace_endpoint)


@asynccontextmanager
async def tracing(settings: Settings, process: str) -> AsyncIterator[None]:
    """Record while it is open, if a collector is named. Its end waits for the collector half a second at most. Raises `StartupError`."""
    if not settings.trace_endpoint:
        yield
        return
    exporter: Exporter = _module_of_spans(settings.trace_endpoint).open_exporter(settings.trace_endpoint, process)
    _exporters.append(exporter)
    try:
        yield
    finally:
        _exporters.remove(exporter)
        await exporter.close()


def _module_of_spans(endpoint: str) -> Any:  # noqa: ANN401 - a module
    if not endpoint.startswith(("http://", "https://")):
        raise StartupError("OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https address, e.g. http://127.0.0.1:4318.")
    try:
        # Only where it is wanted: its packages are an extra.
        return importlib.import_module("app.infra.spans")
    except ImportError:
        raise TracingNotInstalled(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, and OpenTelemetry is not installed: install ocop-live with the extra `telemetry`."
        ) from None


def _joined(name: str, places: Sequence[Place], attributes: Attributes) -> Span:
    return _drawn(name, attributes, places[0], places[1 : 1 + _LINKS_MAX]) if places else NO_SPAN


def _drawn(name: str, attributes: Attributes, parent: Place | None, links: Sequence[Place], *, is_request: bool = False) -> Span:
    drawn = _exporters[-1].draw(name, attributes, parent=parent, links=links, is_request=is_request, began_ns=None)
    return NO_SPAN if drawn is None else _Recorded(drawn)


def _outcome_of(error: BaseException | None) -> str:
    if error is None:
        return FINE
    return error.code if isinstance(error, AppError) else type(error).__name__
