"""Who may do what: the one table. Every route and every command of staff's sockets names the action it needs; what stands here for nobody is denied.

A person has roles, each in the whole organisation, in one commune or in one session (`Grant`). `ocop gen` writes the table and where each
action is asked for to docs/authorisation.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args
from uuid import UUID

Role = Literal["organiser", "host", "helper", "desk", "producer", "auditor"]
# By weight: the first that somebody has is what their pages start from.
ROLES: tuple[Role, ...] = get_args(Role)

ROLE_SENTENCES: Mapping[Role, str] = {
    "organiser": "Answers for the market: people, rules, every session and its report.",
    "host": "Sells before the camera, in the sessions that name them as host; with the role in one session, as a second host there.",
    "helper": "Keeps a room clean and speaks in it while the host sells.",
    "desk": "Calls buyers and works their orders.",
    "producer": "Keeps their own goods.",
    "auditor": "Reads figures, reports and exports, which name no buyer, and changes nothing.",
}


# Makes a leaked token recognisable.
API_TOKEN_PREFIX = "ocopt_"  # noqa: S105 - no secret, what every token begins with


class Action(StrEnum):
    """What somebody may be allowed to do. The sentence is in `RULES`."""

    OWN_ACCOUNT = "own_account"
    SEE_SESSIONS = "see_sessions"
    CREATE_SESSIONS = "create_sessions"
    PREPARE_SESSIONS = "prepare_sessions"
    PLAN_SESSIONS = "plan_sessions"
    RUN_SESSIONS = "run_sessions"
    CLOSE_SESSIONS = "close_sessions"
    SEE_BOARD = "see_board"
    SPEAK_AS_STAFF = "speak_as_staff"
    MODERATE_COMMENTS = "moderate_comments"
    WARN_ON_SCREEN = "warn_on_screen"
    WORK_ORDERS = "work_orders"
    HANDLE_COMPLAINTS = "handle_complaints"
    REVEAL_RECEIVERS = "reveal_receivers"
    MAKE_PARCELS = "make_parcels"
    PACK_PARCELS = "pack_parcels"
    PRINT_RECEIVERS = "print_receivers"
    SEND_PARCELS = "send_parcels"
    SET_CARRIERS = "set_carriers"
    BOOK_PAYMENTS = "book_payments"
    SEE_SETTLEMENTS = "see_settlements"
    SETTLE = "settle"
    READ_FIGURES = "read_figures"
    READ_REPORTS = "read_reports"
    OPEN_REPORTS = "open_reports"
    READ_PROGRAMMES = "read_programmes"
    KEEP_PROGRAMMES = "keep_programmes"
    CANCEL_JOBS = "cancel_jobs"
    PUBLISH_REPORTS = "publish_reports"
    KEEP_GOODS = "keep_goods"
    ADD_PRODUCERS = "add_producers"
    OPEN_BOOTHS = "open_booths"
    SET_RULES = "set_rules"
    SET_BANK_ACCOUNTS = "set_bank_accounts"
    MANAGE_PEOPLE = "manage_people"


class Reach(StrEnum):
    """How much of what a grant covers: nothing, what is one's own (sessions as their host, goods as their producer), or all."""

    NONE = ""
    OWN = "own"
    ALL = "all"


class Scope(StrEnum):
    """The narrowest grant that counts for an action: a role in one session means nothing for what is a commune's or an organisation's."""

    SESSION = "session"
    COMMUNE = "commune"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One action: what it is, the narrowest grant that counts, and each role's reach. A role that is left out may not."""

    sentence: str
    scope: Scope
    organiser: Reach = Reach.NONE
    host: Reach = Reach.NONE
    helper: Reach = Reach.NONE
    desk: Reach = Reach.NONE
    producer: Reach = Reach.NONE
    auditor: Reach = Reach.NONE

    def of(self, role: Role) -> Reach:
        reach: Reach = getattr(self, role)
        return reach

    @property
    def roles(self) -> tuple[Role, ...]:
        """Who may, at least somewhere."""
        return tuple(role for role in ROLES if self.of(role) is not Reach.NONE)


_ALL, _OWN = Reach.ALL, Reach.OWN
_SESSION, _COMMUNE, _ORGANISATION = Scope.SESSION, Scope.COMMUNE, Scope.ORGANISATION

RULES: Mapping[Action, Rule] = {
    Action.OWN_ACCOUNT: Rule(
        sentence="See who one is, change one's password, end one's own sign-ins.",
        scope=_SESSION, organiser=_ALL, host=_ALL, helper=_ALL, desk=_ALL, producer=_ALL, auditor=_ALL,
    ),
    Action.SEE_SESSIONS: Rule(
        sentence="See sessions in lists, drafts too.",
        scope=_SESSION, organiser=_ALL, host=_ALL, helper=_ALL, desk=_ALL, auditor=_ALL,
    ),
    Action.CREATE_SESSIONS: Rule(
        sentence="Create a session: hosts name themselves as its host, organisers anybody.",
        scope=_COMMUNE, organiser=_ALL, host=_OWN,
    ),
    Action.PREPARE_SESSIONS: Rule(
        sentence="Change a session's title, time, video, run-down and delivery fee.",
        scope=_SESSION, organiser=_ALL, host=_OWN,
    ),
    Action.PLAN_SESSIONS: Rule(
        sentence="Announce a session, and take the announcement back.",
        scope=_SESSION, organiser=_ALL,
    ),
    Action.RUN_SESSIONS: Rule(
        sentence="Go on air and end, pin products, make and open offers, set stock, let a program report outside viewers.",
        scope=_SESSION, organiser=_ALL, host=_OWN,
    ),
    Action.CLOSE_SESSIONS: Rule(
        sentence="Close a session's books after its end.",
        scope=_SESSION, organiser=_ALL,
    ),
    Action.SEE_BOARD: Rule(
        sentence="Open a session's board and its socket, see stock and prepared offers.",
        scope=_SESSION, organiser=_ALL, host=_OWN, helper=_ALL,
    ),
    Action.SPEAK_AS_STAFF: Rule(
        sentence="Write comments that carry the mark of staff.",
        scope=_SESSION, organiser=_ALL, host=_OWN, helper=_ALL,
    ),
    Action.MODERATE_COMMENTS: Rule(
        sentence="Hide and restore comments, mute, set the rules of a room, keep its questions.",
        scope=_SESSION, organiser=_ALL, host=_OWN, helper=_ALL,
    ),
    Action.WARN_ON_SCREEN: Rule(
        sentence="Show a warning on every screen of a live session, and lift it; the host cannot.",
        scope=_SESSION, organiser=_ALL,
    ),
    Action.WORK_ORDERS: Rule(
        sentence="Read orders, their receivers masked, take their steps, answer complaints.",
        scope=_SESSION, organiser=_ALL, host=_OWN, desk=_ALL,
    ),
    Action.HANDLE_COMPLAINTS: Rule(
        sentence="Work the list of complaints about orders and sessions; not the host, whom many of them concern.",
        scope=_SESSION, organiser=_ALL,
    ),
    Action.REVEAL_RECEIVERS: Rule(
        sentence="Read an order's receiver in the clear: name, phone, street and note, saying what for.",
        scope=_SESSION, organiser=_ALL, host=_OWN, desk=_ALL,
    ),
    Action.MAKE_PARCELS: Rule(
        sentence="Make parcels of confirmed orders, merge, split and dissolve them, say what they weigh.",
        scope=_ORGANISATION, organiser=_ALL, desk=_ALL,
    ),
    Action.PACK_PARCELS: Rule(
        sentence="See parcels, their receivers masked, and pack them by scanning; producers those that are theirs to pack.",
        scope=_ORGANISATION, organiser=_ALL, desk=_ALL, producer=_OWN,
    ),
    Action.PRINT_RECEIVERS: Rule(
        sentence="Have receivers in the clear on labels, slips and files for carriers; each time is written down.",
        scope=_ORGANISATION, organiser=_ALL, desk=_ALL,
    ),
    Action.SEND_PARCELS: Rule(
        sentence="See what goes to carriers, receivers masked, hand parcels over, keep the columns of their files, take in what they report.",
        scope=_ORGANISATION, organiser=_ALL, desk=_ALL,
    ),
    Action.SET_CARRIERS: Rule(
        sentence="Connect carriers' APIs: their tokens, and where parcels are fetched.",
        scope=_ORGANISATION, organiser=_ALL,
    ),
    Action.BOOK_PAYMENTS: Rule(
        sentence="Book payments, and settle those that fit no order.",
        scope=_ORGANISATION, organiser=_ALL, host=_ALL, desk=_ALL,
    ),
    Action.SEE_SETTLEMENTS: Rule(
        sentence="See what producers get for what was sold: open, agreed, paid; producers their own.",
        scope=_ORGANISATION, organiser=_ALL, producer=_OWN, auditor=_ALL,
    ),
    Action.SETTLE: Rule(
        sentence="Agree on settlements with producers, note that they were paid, enter fees and deductions, set what is withheld.",
        scope=_ORGANISATION, organiser=_ALL,
    ),
    Action.READ_FIGURES: Rule(
        sentence="Read a session's figures.",
        scope=_SESSION, organiser=_ALL, host=_ALL, helper=_ALL, auditor=_ALL,
    ),
    Action.READ_REPORTS: Rule(
        sentence="Read a session's report and statement, export its ledger, have it gone through.",
        scope=_SESSION, organiser=_ALL, host=_ALL, auditor=_ALL,
    ),
    Action.OPEN_REPORTS: Rule(
        sentence="Open the pages of reports.",
        scope=_SESSION, organiser=_ALL, auditor=_ALL,
    ),
    Action.READ_PROGRAMMES: Rule(
        sentence="Read programmes and league tables; with a role in one commune, as far as they are about its sessions.",
        scope=_COMMUNE, organiser=_ALL, auditor=_ALL,
    ),
    Action.KEEP_PROGRAMMES: Rule(
        sentence="Make programmes, choose their sessions, say which youth-union unit holds a session.",
        scope=_ORGANISATION, organiser=_ALL,
    ),
    Action.CANCEL_JOBS: Rule(
        sentence="Stop an export or a check that is under way.",
        scope=_SESSION, organiser=_ALL, host=_ALL,
    ),
    Action.PUBLISH_REPORTS: Rule(
        sentence="Show a session's minutes or its closed report to everybody, and take them back.",
        scope=_SESSION, organiser=_ALL,
    ),
    Action.KEEP_GOODS: Rule(
        sentence="See, describe, picture and import products; producers their own.",
        scope=_COMMUNE, organiser=_ALL, host=_ALL, producer=_OWN,
    ),
    Action.ADD_PRODUCERS: Rule(
        sentence="Take in a producer.",
        scope=_COMMUNE, organiser=_ALL, host=_ALL,
    ),
    Action.OPEN_BOOTHS: Rule(
        sentence="Open and close a producer's booth.",
        scope=_COMMUNE, organiser=_ALL,
    ),
    Action.SET_RULES: Rule(
        sentence="Set what is asked of products, the rules of live sales, the organisation's delivery fee, and the number that buyers call.",
        scope=_ORGANISATION, organiser=_ALL,
    ),
    Action.SET_BANK_ACCOUNTS: Rule(
        sentence="Name the bank accounts that buyers transfer to, and connect the notices of what came in.",
        scope=_ORGANISATION, organiser=_ALL,
    ),
    Action.MANAGE_PEOPLE: Rule(
        sentence="Invite people, give and take roles, close accounts, make logins for producers.",
        scope=_ORGANISATION, organiser=_ALL,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, in the whole organisation, or in one commune, or in one session."""

    role: Role
    ward_code: int | None = None
    session_id: UUID | None = None

    @property
    def scope(self) -> Scope:
        if self.session_id is not None:
            return Scope.SESSION
        return Scope.ORGANISATION if self.ward_code is None else Scope.COMMUNE

    def counts_for(self, action: Action) -> bool:
        """Whether it allows the action anywhere at all."""
        rule = RULES[action]
        return rule.of(self.role) is not Reach.NONE and _WIDTH[self.scope] >= _WIDTH[rule.scope]


@dataclass(frozen=True, slots=True)
class Place:
    """Which session (of the person's own organisation) something is to be done to: its id, its host, the commune that holds it."""

    session_id: UUID
    host_id: UUID | None
    ward_code: int | None


_WIDTH = {Scope.SESSION: 0, Scope.COMMUNE: 1, Scope.ORGANISATION: 2}


def grant_allows(grant: Grant, action: Action, user_id: UUID, place: Place) -> bool:
    """Whether a grant of this person allows the action at this place."""
    if not grant.counts_for(action):
        return False
    if grant.session_id is not None:
        return grant.session_id == place.session_id
    if grant.ward_code is not None and grant.ward_code != place.ward_code:
        return False
    return RULES[action].of(grant.role) is Reach.ALL or user_id == place.host_id


def main_role(grants: Sequence[Grant]) -> Role:
    """The weightiest of somebody's roles, of which there is at least one."""
    return min((grant.role for grant in grants), key=ROLES.index)
