"""What may be chosen for an export."""

from __future__ import annotations

from typing import Final, Literal, get_args

Content = Literal["report", "orders", "comments", "settlements"]
"""`report`: every table of the page; `orders`: orders and their lines, for accounting; `comments`: all that was said; `settlements`:
agreed settlements about its orders, for those who may see all of them."""
CONTENTS: Final[tuple[Content, ...]] = get_args(Content)

ProgrammeContent = Literal["programme", "settlements"]
"""`programme`: every table of its page; `settlements`: those that cover its sessions."""
PROGRAMME_CONTENTS: Final[tuple[ProgrammeContent, ...]] = get_args(ProgrammeContent)
