"""Where a page of a list ended, as text: a moment or day and an id, so that what comes meanwhile moves nothing."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from uuid import UUID

from app.errors import MalformedRequest
from app.infra.clock import from_ms


def cursor_of(moment: datetime, row_id: UUID) -> str:
    micros = (moment - from_ms(0)) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(micros.to_bytes(8, signed=True) + row_id.bytes).decode()


def read_cursor(cursor: str) -> tuple[datetime, UUID]:
    """Raises `MalformedRequest` for what is none of ours."""
    try:
        raw = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        return from_ms(0) + timedelta(microseconds=int.from_bytes(raw[:8], signed=True)), UUID(bytes=raw[8:])
    except (ValueError, OverflowError) as error:
        raise MalformedRequest(details={"errors": [{"where": "cursor", "code": "cursor_unknown"}]}) from error
