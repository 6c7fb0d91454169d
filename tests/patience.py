"""How long a test waits for what must happen: far longer than it takes, because it is waited out only when it never happens.

How soon something happens is a figure for a benchmark; where being soon is itself the promise, a test says its own bound.
"""

from __future__ import annotations

START_SECONDS = 150.0  # a whole service, or a worker of one
STOP_SECONDS = 60.0
NEWS_SECONDS = 15.0  # a frame, an answer, a row
LONG_WORK_SECONDS = 500.0
