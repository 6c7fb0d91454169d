"""Who is muted or banned in one room, as of one place in its log: kept by every node, so that nobody is asked when somebody speaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from app.infra.clock import now_ms
from app.protocol.moderation import RestrictionKind, RestrictionView
from app.realtime.networks import UNKNOWN_NETWORK


@dataclass(frozen=True, slots=True)
class Restriction:
    """What is shown of it, and whom it concerns: a device (16 bytes) or a network (8 bytes)."""

    view: RestrictionView
    concerns: bytes

    @property
    def is_over(self) -> bool:
        return self.view.until_ms is not None and self.view.until_ms <= now_ms()


class Restrictions:
    """In the order in which they were made. Bounded by the service: `RESTRICTIONS_MOST` at a time in a session."""

    def __init__(self, restrictions: Iterable[Restriction] = ()) -> None:
        self._by_id = {each.view.id: each for each in restrictions}
        self._by_whom: dict[bytes, list[Restriction]] = {}
        self._sort()

    @property
    def views(self) -> tuple[RestrictionView, ...]:
        """Those that are in force."""
        return tuple(each.view for each in self._by_id.values() if not each.is_over)

    @property
    def bans(self) -> tuple[Restriction, ...]:
        return tuple(each for each in self._by_id.values() if each.view.kind == "ban" and not each.is_over)

    def add(self, restriction: Restriction) -> None:
        self._by_id[restriction.view.id] = restriction
        self._sort()

    def lift(self, restriction_id: UUID) -> None:
        if self._by_id.pop(restriction_id, None) is not None:
            self._sort()

    def find(self, kind: RestrictionKind, device_key: bytes, network: bytes) -> RestrictionView | None:
        """The restriction of this kind that is in force for a device or for where it comes from."""
        if not self._by_whom:
            return None
        concerned = self._by_whom.get(device_key, [])
        if network != UNKNOWN_NETWORK:
            concerned = [*concerned, *self._by_whom.get(network, [])]
        return next((each.view for each in concerned if each.view.kind == kind and not each.is_over), None)

    def _sort(self) -> None:
        self._by_whom = {}
        for each in list(self._by_id.values()):
            if each.is_over:
                del self._by_id[each.view.id]
            else:
                self._by_whom.setdefault(each.concerns, []).append(each)
