"""What everybody may ask for is made once in a while, however many ask: the first makes it, the others read it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from app.infra.clock import monotonic

Made = TypeVar("Made")


class KeptFresh(Generic[Made]):
    """Up to `most` results, each for `seconds`; the oldest gives way. What fails is not kept: the next one tries again."""

    def __init__(self, *, seconds: float, most: int) -> None:
        self._seconds = seconds
        self._most = most
        self._kept: dict[Hashable, tuple[float, Made]] = {}
        self._making = asyncio.Lock()

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Made]]) -> Made:
        """What stands under the key, or what `make` gives now. Raises what `make` raises."""
        if (found := self._fresh(key)) is not None:
            return found
        async with self._making:
            if (found := self._fresh(key)) is not None:
                return found
            made = await make()
            self._kept.pop(key, None)
            while len(self._kept) >= self._most:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = (monotonic() + self._seconds, made)
            return made

    def _fresh(self, key: Hashable) -> Made | None:
        until, made = self._kept.get(key, (0.0, None))
        return made if until > monotonic() else None
