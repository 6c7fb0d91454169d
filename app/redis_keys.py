"""Every Redis key, one function each. `{session_id}` in braces keeps a session on one cluster slot, so scripts may touch several keys.

All keys of a session live until `expire_session` gives them a TTL after the session's close (`app/metrics/store.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """The keys of one session below a prefix (tests and environments each have their own)."""

    prefix: str
    session_id: UUID

    def _key(self, thing: str) -> str:
        return f"{self.prefix}:session:{{{self.session_id}}}:{thing}"

    @property
    def log(self) -> str:
        """STREAM of room events, id `<offset>-0`, field `event`; all nodes append by script and read. Trimmed to `room_log_events`."""
        return self._key("log")

    @property
    def log_head(self) -> str:
        """HASH `epoch`, `offset` of the log; lost with Redis, which makes a new epoch."""
        return self._key("log_head")

    @property
    def told(self) -> str:
        """ZSET of outbox ids that were appended to the log, so that a repeat adds nothing; written by the script that appends."""
        return self._key("told")

    @property
    def nodes(self) -> str:
        """HASH node → `viewers|valid_until_ms|polling`; each node writes its own field per tick, expired fields are dropped by the script."""
        return self._key("nodes")

    @property
    def watching(self) -> str:
        """HASH device → on how many nodes it watches, and `repeated`; TTL one day from the last flush. Ceiling: one per viewer present."""
        return self._key("watching")

    @property
    def watching_places(self) -> str:
        """ZSET of `<node>\\0<device>`: where those devices are; the same TTL and ceiling."""
        return self._key("watching_places")

    @property
    def polling(self) -> str:
        """HASH as `watching`, of devices without a socket, which poll."""
        return self._key("polling")

    @property
    def polling_places(self) -> str:
        """ZSET as `watching_places`."""
        return self._key("polling_places")

    @property
    def flushes(self) -> str:
        """HASH node → number of its last applied flush, so that a repeated flush counts once."""
        return self._key("flushes")

    @property
    def live(self) -> str:
        """HASH of counters measured by the nodes: views, views_10s, likes, comments, watch_ms, viewers_peak …"""
        return self._key("live")

    @property
    def minutes(self) -> str:
        """HASH `<minute>:<metric>` → number; minute = UTC minutes since 1970. Nodes (live metrics) and projector (ledger metrics)."""
        return self._key("minutes")

    @property
    def ledger_minutes(self) -> str:
        """HASH `<minute>:<metric>` → number, written by the projector only, so that it can be rebuilt alone."""
        return self._key("ledger_minutes")

    @property
    def unique_viewers(self) -> str:
        """HYPERLOGLOG of device ids that entered."""
        return self._key("unique_viewers")

    @property
    def commenters(self) -> str:
        """HYPERLOGLOG of device ids that commented."""
        return self._key("commenters")

    @property
    def ledger(self) -> str:
        """HASH `seq` and the sums over the order ledger up to it; the projector's, rebuilt from PostgreSQL when lost."""
        return self._key("ledger")

    @property
    def products(self) -> str:
        """HASH `<product_id>:<metric>` → number, the projector's."""
        return self._key("products")

    @property
    def buyers(self) -> str:
        """SET of opaque buyer tokens, the projector's; never a name or phone. Ceiling: one per order."""
        return self._key("buyers")

    @property
    def taken(self) -> str:
        """HASH offer id → units taken by orders (placed less cancelled and expired), the projector's. Left = total less taken."""
        return self._key("taken")

    @property
    def outside(self) -> str:
        """HASH source → `viewers|observed_at_ms|peak`, imported counts of outside platforms."""
        return self._key("outside")

    def all(self) -> tuple[str, ...]:
        return (
            self.log, self.log_head, self.told, self.nodes, self.flushes, self.live, self.minutes, self.ledger_minutes, self.unique_viewers,
            self.commenters, self.ledger, self.products, self.buyers, self.taken, self.outside, self.watching,
            self.watching_places, self.polling, self.polling_places,
        )  # fmt: skip


def login_attempts(prefix: str, bucket: str) -> str:
    """STRING counter of failed logins of one user or address; TTL 15 minutes."""
    return f"{prefix}:login_attempts:{bucket}"


def job_lock(prefix: str, job: str) -> str:
    """STRING held by the node that runs a periodic job; TTL a few seconds."""
    return f"{prefix}:job_lock:{job}"
