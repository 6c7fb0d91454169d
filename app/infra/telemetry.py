"""Log lines: for people on a terminal, or one JSON object per line for machines. No personal data is ever passed to a logger."""

from __future__ import annotations

import atexit
import logging
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Literal

import structlog
from typing_extensions import override

from app.infra.tracing import add_trace_id

_PROCESSORS: list[structlog.typing.Processor] = []
"""One list that stays: loggers keep it from their first line on, and whoever looks at lines (tests) changes it in place."""


def counters_folder(data_dir: Path) -> str:
    """An empty folder in which the workers of one start share their Prometheus counters: in the data folder if there is one."""
    if not data_dir.is_dir():
        folder = Path(tempfile.mkdtemp(prefix="ocop-counters-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return str(folder)
    folder = data_dir / "counters"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return str(folder)


def configure_logging(*, form: Literal["console", "json"], level: str) -> None:
    """Set up structlog, and send the standard library's loggers (uvicorn, asyncio, SQLAlchemy) the same way."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        add_trace_id,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor
    if form == "json":
        shared.append(structlog.processors.format_exc_info)
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        # plain: the rich one prints local variables, and with them buyers and passwords
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    _PROCESSORS[:] = [*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter]
    structlog.configure(
        processors=_PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer], foreign_pre_chain=shared
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("httpx2", "httpcore2", "websockets"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    # uvicorn writes a line for every bad request: a stranger could fill the disk with them
    of_uvicorn = logging.getLogger("uvicorn.error")
    of_uvicorn.setLevel(max(logging.WARNING, root.level))
    of_uvicorn.filters[:] = [FewOfAKind()]
    # a collector that is away would be told of with every batch of spans
    for of_traces in ("opentelemetry.exporter.otlp.proto.http.trace_exporter", "opentelemetry.sdk._shared_internal"):
        logging.getLogger(of_traces).filters[:] = [FewOfAKind()]


class FewOfAKind(logging.Filter):
    """Lets a message through ten times a minute; the rest of that minute it is left out."""

    _PER_MINUTE = 10

    def __init__(self) -> None:
        super().__init__()
        self._minute = 0
        self._seen: Counter[str] = Counter()

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        minute = int(record.created // 60)
        kind = str(record.msg)
        if minute != self._minute:
            self._minute = minute
            self._seen.clear()
        self._seen[kind] += 1
        return self._seen[kind] <= self._PER_MINUTE
