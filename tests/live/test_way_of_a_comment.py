"""A comment's way to the room, and a viewer's into it, are short enough to be read in one sitting."""

from __future__ import annotations

from tests.live.market import Market
from tests.live.walked_files import Walk, walking

# From a message to the room's log and its reply; from the log, which every node follows, to the hub; from a hello to the hub. Four files
# of a comment's way are the session's rules: who may speak, and what is held.
MOST_FILES_OF_A_COMMENT = 14
MOST_FILES_FROM_THE_LOG = 9
# The last, app/live/mirror.py, only when the snapshot has to be made anew.
MOST_FILES_OF_A_JOIN = 13
# Counted with neither: they get messages off the socket and replies onto it.
CARRYING_THE_SOCKET = {
    "app/realtime/detached.py",
    "app/realtime/viewer_messages.py",
    "app/realtime/websocket_frames.py",
    "app/realtime/deadlines.py",
}
_NOTHING = "no function"


def _files(walk: Walk) -> list[str]:
    return [name for name in walk.files() if name not in CARRYING_THE_SOCKET]


async def test_a_comment_passes_few_files_and_enters_none_from_behind(live_market: Market) -> None:
    viewer = await live_market.enters()
    with walking("ViewerMessages._answer", "LiveCommands.comment", beyond=_NOTHING) as whole:
        assert (await viewer.asks("comment.post", text="Bưởi năm nay ngọt không?"))["type"] == "command.done"
    walk = whole.between("Router.receive", "DetachedConnection.send")

    assert walk.files()[0] == "app/realtime/router.py"
    assert "app/realtime/room_log.py" in walk.files()
    assert len(_files(walk)) <= MOST_FILES_OF_A_COMMENT, walk.files()
    assert walk.ways_back() == []


async def test_a_comment_passes_few_files_from_the_log_to_the_hub(live_market: Market) -> None:
    viewer = await live_market.enters()
    with walking("_keep_going", beyond=_NOTHING) as whole:
        await viewer.asks("comment.post", text="Bưởi năm nay ngọt không?")
        await viewer.sees_event("comment.posted")
    walk = _the_round_with_the_comment(whole)

    assert {"app/live/mirror.py", "app/realtime/hub.py"} <= set(walk.files())
    assert len(_files(walk)) <= MOST_FILES_FROM_THE_LOG, walk.files()


def _the_round_with_the_comment(whole: Walk) -> Walk:
    """From the beginning of the round to its broadcast, without the ticks before and after it."""
    names = [name for _, _, name in whole.calls]
    applied = names.index("RoomMirror.apply")
    begin = applied - names[:applied][::-1].index("Room.tell") - 1
    return Walk((), "", whole.calls[begin : names.index("Hub.broadcast", applied) + 1])


async def test_a_join_passes_few_files_and_enters_none_from_behind(live_market: Market) -> None:
    await live_market.enters()
    viewer = await live_market.connects()
    with walking("ViewerMessages._answer", "LiveCommands.hello", beyond=_NOTHING) as whole:
        assert (await viewer.hello())["type"] == "room.snapshot"
    walk = whole.between("Router.receive", "Hub.join")

    assert walk.files()[-1] == "app/realtime/hub.py"
    assert len(_files(walk)) <= MOST_FILES_OF_A_JOIN, "\n".join(walk.files())
    assert walk.ways_back() == []
