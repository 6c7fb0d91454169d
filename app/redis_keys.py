"""Every Redis key, one function each. `{session_id}` in braces keeps a session on one cluster slot, so scripts may touch several keys.

Keys of no session carry no braces: each is used alone, never with another in one command, so a cluster spreads them by their whole name
(one organisation's desk here, another's there) and no master carries them all. `tests/architecture/test_redis_slots.py` computes it.

Every script that writes keys of a session gives them a TTL of seven days from then on: Redis forgets what nobody has used for so
long, and brings it back from PostgreSQL when somebody asks (`app/metrics/service.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

# Counts per node, written by releases until November 2026; nobody reads them.
_OF_OLDER_RELEASES = ("nodes", "watching", "watching_places", "polling", "polling_places")


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
        """HASH `epoch`, `offset` of the log, `home` whose history it is; lost with Redis, which makes a new epoch, as does another `home`."""
        return self._key("log_head")

    @property
    def told(self) -> str:
        """ZSET of outbox ids that were appended to the log, so that a repeat adds nothing; written by the script that appends."""
        return self._key("told")

    @property
    def audience(self) -> str:
        """HASH `counted` viewers over all nodes, `since_ms` up to which their watch time is added up, `home` whose history it is."""
        return self._key("audience")

    @property
    def node_lives(self) -> str:
        """ZSET node → time in ms until which it counts as alive. Expired ones are dropped by the script, with their devices."""
        return self._key("node_lives")

    @property
    def node_known(self) -> str:
        """HASH node → mark of when it became known; a node that sees another mark than before tells its devices again."""
        return self._key("node_known")

    @property
    def viewers(self) -> str:
        """HASH device (16 bytes) → on how many nodes it watches. Ceiling: one per viewer present."""
        return self._key("viewers")

    @property
    def viewer_places(self) -> str:
        """ZSET of `<node>\\0<device>`: where those devices are; ceiling one per viewer and node."""
        return self._key("viewer_places")

    @property
    def short_views(self) -> str:
        """ZSET device → when its view began, in ms, until it has lasted 10 seconds. Ceiling: the viewers present."""
        return self._key("short_views")

    @property
    def left_views(self) -> str:
        """ZSET device → when it left and how long it had watched, packed by `flush_node.lua`; those of the last 45 seconds."""
        return self._key("left_views")

    @property
    def pollers(self) -> str:
        """HASH as `viewers`, of devices without a socket, which poll."""
        return self._key("pollers")

    @property
    def poller_places(self) -> str:
        """ZSET as `viewer_places`."""
        return self._key("poller_places")

    @property
    def flushes(self) -> str:
        """HASH node → number of its last applied flush, so that a repeated flush counts once."""
        return self._key("flushes")

    @property
    def live(self) -> str:
        """HASH of what is measured: views, views_10s, likes, comments, watch_ms, occupied_ms, viewers_peak …"""
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
    def product_openers(self) -> str:
        """HYPERLOGLOG of device ids that opened a product."""
        return self._key("product_openers")

    @property
    def basket_holders(self) -> str:
        """HYPERLOGLOG of device ids that put a first line into a basket."""
        return self._key("basket_holders")

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

    @property
    def spoke(self) -> str:
        """ZSET device → ms of its last comment, while slow mode is on; trimmed to the pause, TTL the pause."""
        return self._key("spoke")

    @property
    def said(self) -> str:
        """HASH shape of a text → how often it was said in this minute, and `window`; TTL a minute. Ceiling: the comments of a minute."""
        return self._key("said")

    def all(self) -> tuple[str, ...]:
        return (
            self.log, self.log_head, self.told, self.flushes, self.live, self.minutes, self.ledger_minutes, self.unique_viewers,
            self.commenters, self.ledger, self.products, self.buyers, self.taken, self.outside, self.audience, self.node_lives,
            self.node_known, self.viewers, self.viewer_places, self.short_views, self.left_views, self.pollers, self.poller_places,
            self.spoke, self.said, self.product_openers, self.basket_holders,
            *map(self._key, _OF_OLDER_RELEASES),
        )  # fmt: skip


def login_attempts(prefix: str, bucket: str) -> str:
    """STRING counter of failed logins of one user or address; TTL 15 minutes."""
    return f"{prefix}:login_attempts:{bucket}"


def job_lock(prefix: str, job: str) -> str:
    """STRING held by the node that runs a periodic job; TTL a few seconds."""
    return f"{prefix}:job_lock:{job}"


def readiness(prefix: str, place: int = 0) -> str:
    """STRING that /readyz writes to see whether Redis takes writes; TTL ten seconds. In a cluster one on each master, by its `place`."""
    return f"{prefix}:readiness:{place}"


def desk_version(prefix: str, organisation_id: UUID) -> str:
    """STRING counter of changes of an organisation's order desk; whoever changes it adds one, workers with open desks read; TTL a week."""
    return f"{prefix}:desk:{organisation_id}"


def union_keys(prefix: str, union_id: UUID) -> tuple[str, str]:
    """STRING, two HyperLogLogs on one slot: what was put together so far, and the next one; deleted by the script that made them."""
    return f"{prefix}:union:{{{union_id}}}:whole", f"{prefix}:union:{{{union_id}}}:next"
