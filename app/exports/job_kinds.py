"""What jobs of exports are called. Apart from the work itself: who asks for a file need not load what draws it."""

from __future__ import annotations

from typing import Final

TABLES: Final = "tables"
PROGRAMME_TABLES: Final = "programme_tables"
