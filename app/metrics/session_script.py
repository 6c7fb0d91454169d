"""A Lua script over the keys of one session. The file declares the keys it uses by name, once; nobody counts positions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from app.infra.redis_client import load_script
from app.redis_keys import SessionKeys

_DECLARATION = re.compile(r"^local KEY_NAMES = \[\[(.*?)\]\]", re.MULTILINE | re.DOTALL)
_SCRIPTS = Path(__file__).parent / "scripts"


class SessionScript:
    """Runs one of `scripts/`. `KEY_NAMES` in the Lua file are names of `SessionKeys`; an unknown one fails when it is loaded."""

    def __init__(self, client: Redis, name: str) -> None:
        path = _SCRIPTS / f"{name}.lua"
        declared = _DECLARATION.search(path.read_text(encoding="utf-8"))
        if declared is None:
            raise ValueError(f"{path.name} does not declare KEY_NAMES")
        self.key_names = tuple(declared[1].split())
        if unknown := [each for each in self.key_names if not isinstance(getattr(SessionKeys, each, None), property)]:
            raise ValueError(f"{path.name} names keys that a session does not have: {', '.join(unknown)}")
        self._run = load_script(client, path)

    async def __call__(self, keys: SessionKeys, *arguments: str | int | bytes) -> Any:  # noqa: ANN401 - each script has its own
        """The script's answer, as Redis sends it. Lets Redis's errors through."""
        chosen: Sequence[str] = [getattr(keys, name) for name in self.key_names]
        return await self._run(keys=chosen, args=list(arguments))
