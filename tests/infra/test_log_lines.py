"""A logger keeps what it was set up with at its first line; setting up again must reach it all the same."""

from __future__ import annotations

import structlog
from structlog.testing import capture_logs

from app.infra.telemetry import configure_logging


def test_a_logger_that_has_spoken_follows_a_new_set_up() -> None:
    configure_logging(form="console", level="INFO")
    logger = structlog.get_logger("a logger that stays")
    logger.info("first")

    configure_logging(form="json", level="INFO")
    with capture_logs() as lines:
        logger.info("second")

    assert [line["event"] for line in lines] == ["second"]
