"""The browser's connection (static/js/connection.js, run by Node): where it is after what, and how long it waits for anything."""

from __future__ import annotations

import json
import random
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from app.protocol.close_codes import CloseCode
from app.settings import PROJECT_ROOT
from app.web.modules import SCRIPTS_DIR
from tests.patience import START_SECONDS
from tests.web.browser_module import NODE

RUNNER = Path(__file__).with_name("connection_course.mjs")

Event = dict[str, Any]
GREETED: Event = {"type": "greeted", "tookMs": 50}
OPENED: list[Event] = [{"type": "open"}, {"type": "accepted"}, GREETED]
TIMER: Event = {"type": "timer"}
RETURNED: Event = {"type": "returned"}
GONE: Event = {"type": "gone"}
HEARD: Event = {"type": "heard"}
ASKED: Event = {"type": "asked"}
HURRY: Event = {"type": "urgent", "isUrgent": True}
CUT: Event = {"type": "closed", "code": 1006}
EVERY_EVENT: list[Event] = [
    *OPENED,
    *(TIMER, RETURNED, GONE, HEARD, ASKED, HURRY, CUT, {"type": "urgent", "isUrgent": False}, {"type": "offline"}),
    *({"type": kind, "pauseMs": pause} for kind in ("unwelcome", "sentHome", "told") for pause in (None, 5_000)),
]


@dataclass(frozen=True)
class Place:
    name: str
    timer_ms: float | None
    is_new_timer: bool
    acts: list[str]
    status: str


def courses(*events: list[Event], asks_why: bool = True, chance: float = 0.5) -> list[list[Place]]:
    """Where each course of events leads, event by event."""
    given = json.dumps([{"asksWhy": asks_why, "chance": chance, "events": each} for each in events])
    script = str(SCRIPTS_DIR / "connection.js")
    done = subprocess.run([str(NODE), str(RUNNER), script], input=given, capture_output=True, text=True, check=True, timeout=START_SECONDS)
    return [[Place(*place.values()) for place in course] for course in json.loads(done.stdout)]


def last(*events: Event, asks_why: bool = True, chance: float = 0.5) -> Place:
    (course,) = courses(list(events), asks_why=asks_why, chance=chance)
    return course[-1]


def test_a_socket_is_open_for_people_only_once_the_hello_is_answered() -> None:
    (course,) = courses(OPENED)

    assert [(place.name, place.acts, place.status) for place in course] == [
        ("connecting", ["connect"], "connecting"),
        ("greeting", ["hello"], "connecting"),
        ("open", [], "open"),
    ]


def test_a_page_that_comes_back_from_the_browsers_memory_connects_at_once() -> None:
    (course,) = courses([*OPENED, GONE, CUT, TIMER, RETURNED])

    assert course[3].acts == ["leave", "drop"]
    assert [place.name for place in course[3:]] == ["gone", "gone", "gone", "connecting"]
    assert course[-1].acts == ["connect"]


@pytest.mark.parametrize("before", [[], [ASKED], [TIMER]], ids=["quiet", "asked", "already in doubt"])
def test_an_open_connection_is_asked_at_once_on_return_and_has_two_seconds(before: list[Event]) -> None:
    place = last(*OPENED, *before, RETURNED)

    assert place.name == "probing"
    assert place.timer_ms == 2_000
    assert place.status == "open"


def test_only_the_answer_to_our_question_proves_life_after_a_return() -> None:
    assert last(*OPENED, RETURNED, HEARD).name == "probing"
    assert last(*OPENED, RETURNED, GREETED).name == "open"


def test_a_connection_that_does_not_answer_after_a_return_is_replaced_at_once() -> None:
    place = last(*OPENED, RETURNED, TIMER)

    assert (place.name, place.acts, place.status) == ("connecting", ["drop", "connect"], "away")


def test_what_was_being_opened_before_the_return_gets_little_time() -> None:
    assert last({"type": "open"}, RETURNED).timer_ms == 2_500
    assert last({"type": "open"}, {"type": "accepted"}, RETURNED).timer_ms == 2_500


def test_silence_is_noticed_while_the_page_is_seen() -> None:
    (course,) = courses([*OPENED, TIMER, TIMER], chance=0.5)

    assert course[2].timer_ms == 12_000
    assert (course[3].name, course[3].acts) == ("probing", ["hello"])
    assert (course[4].name, course[4].acts) == ("waiting", ["drop"])


def test_the_protocol_tells_other_clients_the_patience_of_our_page() -> None:
    told = (PROJECT_ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    silence = [last({"type": "open"}, {"type": "accepted"}, {"type": "greeted", "tookMs": took_ms}).timer_ms for took_ms in (500, 501)]

    assert silence == [12_000, 20_000]
    assert "after 12 s of silence, or 20 s when your last hello took more than half a second" in told


def test_every_frame_begins_the_silence_anew() -> None:
    place = last(*OPENED, HEARD)

    assert (place.timer_ms, place.is_new_timer) == (12_000, True)


def test_a_room_that_a_crowd_comes_to_is_given_more_time_until_a_hello_is_quick_again() -> None:
    slow: Event = {"type": "greeted", "tookMs": 900}
    (course,) = courses([{"type": "open"}, {"type": "accepted"}, slow, HEARD, TIMER, slow, TIMER, GREETED, HEARD])

    assert [place.timer_ms for place in course if place.name == "open"] == [20_000, 20_000, 20_000, 12_000, 12_000]


def test_a_command_that_nothing_follows_casts_doubt_soon_and_only_once() -> None:
    (course,) = courses([*OPENED, ASKED, ASKED, TIMER, HEARD])

    assert (course[3].timer_ms, course[3].is_new_timer) == (800, True)
    assert not course[4].is_new_timer
    assert (course[5].name, course[5].timer_ms) == ("probing", 1_200)
    assert (course[6].name, course[6].timer_ms) == ("open", 12_000)


@pytest.mark.parametrize(
    ("took_ms", "probes"), [(1_800, [2_000, 4_000, 8_000, 8_000]), (200, [2_000] * 4)], ids=["server slow", "network dead"]
)
def test_a_server_that_only_hesitates_is_given_more_time_with_each_probe(took_ms: int, probes: list[int]) -> None:
    unanswered: list[Event] = [RETURNED, TIMER, {"type": "accepted"}, {"type": "greeted", "tookMs": took_ms}]

    (course,) = courses([*OPENED, *unanswered * 4])

    assert [place.timer_ms for place in course if place.name == "probing"] == probes


def test_pauses_grow_and_are_spread_so_that_a_room_does_not_come_back_at_once() -> None:
    lost = [CUT, TIMER]
    early, late = (courses([*OPENED, *lost * 12], asks_why=False, chance=chance)[0] for chance in (0.0, 1.0))

    assert [place.timer_ms for place in early if place.name == "waiting"] == [100] * 12
    pauses = [place.timer_ms or 0 for place in late if place.name == "waiting"]
    assert pauses[:3] == [500, 900, 1_700]
    assert pauses[-1] == 20_100


def test_while_an_order_waits_the_network_is_tried_every_three_seconds_at_most() -> None:
    swallowed = [TIMER, TIMER]
    (course,) = courses([*OPENED, HURRY, CUT, *swallowed * 12], chance=1.0)

    tries = [place.timer_ms or 0 for place in course[3:] if place.name == "connecting"]
    pauses = [place.timer_ms or 0 for place in course if place.name == "waiting"]
    assert set(tries) == {2_500, 6_000}
    assert all(2_500 in pair for pair in pairwise(tries))
    assert max(pauses) <= 1_700


@pytest.mark.parametrize(("took_ms", "connect_ms"), [(80, 2_500), (900, 6_000)], ids=["quick network", "slow network"])
def test_a_network_that_is_known_to_be_slow_gets_the_time_it_needs(took_ms: int, connect_ms: int) -> None:
    place = last({"type": "open"}, {"type": "accepted"}, {"type": "greeted", "tookMs": took_ms}, HURRY, CUT, TIMER)

    assert (place.name, place.timer_ms) == ("connecting", connect_ms)


def test_an_order_shortens_the_pause_that_is_under_way() -> None:
    assert last(*OPENED, CUT, HURRY).name == "connecting"


def test_the_pause_that_a_full_room_asks_for_is_kept_whatever_waits() -> None:
    refused: list[Event] = [{"type": "open"}, CUT, {"type": "told", "pauseMs": 30_000}]

    (course,) = courses([*refused, HURRY, RETURNED])

    assert (course[1].name, course[1].acts) == ("asking", ["drop", "ask"])
    assert [(place.name, place.timer_ms) for place in course[2:]] == [("waiting", 30_000)] * 3


def test_a_new_ticket_ends_the_pause_of_a_room_that_refused() -> None:
    assert last({"type": "open"}, CUT, {"type": "told", "pauseMs": 30_000}, {"type": "open"}).name == "connecting"


def test_without_somebody_to_ask_a_refusal_is_a_loss() -> None:
    assert last({"type": "open"}, CUT, asks_why=False).name == "waiting"


def test_a_hello_that_is_refused_is_said_again_when_the_server_wishes() -> None:
    place = last({"type": "open"}, {"type": "accepted"}, {"type": "unwelcome", "pauseMs": 5_000}, chance=0.0)

    assert (place.name, place.timer_ms, place.acts) == ("waiting", 5_000, ["drop"])


@pytest.mark.parametrize("code", [*CloseCode, 1000, 1006, 1012], ids=str)
def test_close_codes_say_whether_to_come_back(code: int) -> None:
    comes_back = code not in set(CloseCode) or CloseCode(code).come_back

    assert last(*OPENED, {"type": "closed", "code": code}).name == ("waiting" if comes_back else "stopped")


def test_nothing_wakes_what_was_stopped() -> None:
    (course,) = courses([*OPENED, {"type": "stop"}, *EVERY_EVENT])

    assert {place.name for place in course[3:]} == {"stopped"}
    assert [place.acts for place in course[4:]] == [[]] * len(EVERY_EVENT)


def test_whatever_happens_it_never_waits_without_end_and_a_return_always_leads_on() -> None:
    luck = random.Random(7)  # noqa: S311 - repeatable courses, no secret
    given = [[{"type": "open"}, *luck.choices(EVERY_EVENT, k=60), RETURNED] for _ in range(400)]

    for course in courses(*given):
        for place in course:
            assert (place.timer_ms is None) == (place.name in {"gone", "stopped"})
            assert place.timer_ms is None or 0 < place.timer_ms <= 20_500
        # Only a room that asked for patience is left in peace.
        assert course[-1].name in {"connecting", "greeting", "probing", "waiting", "open"}
        assert course[-1].name != "open"
