"""Connections are taken some at a time, none is lost, and who is not let in yet waits in the kernel."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from app.infra.acceptor import Acceptor, Caller
from app.infra.slow_clients import SlowHeads
from tests.patience import NEWS_SECONDS


async def eventually(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(NEWS_SECONDS):
        while not fact():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.005)


@dataclass
class House:
    """Takes whoever has said a whole line."""

    listener: socket.socket
    met: list[bytes] = field(default_factory=list)
    taken: list[socket.socket] = field(default_factory=list)

    def meet(self, caller: Caller) -> None:
        if caller.head.endswith(b"\n"):
            self.met.append(caller.head)
            self.taken.append(caller.take())

    def open(self) -> Acceptor:
        def nothing_else(**_: object) -> None:
            raise AssertionError

        acceptor = Acceptor(self.listener, meet=self.meet, heads=SlowHeads(per_address=100), make_http=nothing_else)  # type: ignore[arg-type]
        acceptor.start()
        return acceptor

    def calls(self, words: bytes = b"") -> socket.socket:
        caller = socket.create_connection(self.listener.getsockname())
        caller.sendall(words)
        return caller


@pytest.fixture
async def house() -> AsyncIterator[House]:
    listener = socket.create_server(("127.0.0.1", 0))
    house = House(listener)
    yield house
    listener.close()
    for each in house.taken:
        each.close()


async def test_everybody_is_met_and_a_head_in_pieces_is_met_again(house: House) -> None:
    acceptor = house.open()
    slow = house.calls(b"slow")
    quick = [house.calls(b"%d\n" % number) for number in range(100)]
    await eventually(lambda: len(house.met) == 100)
    assert sorted(house.met) == sorted(b"%d\n" % number for number in range(100))

    slow.sendall(b"ly\n")
    await eventually(lambda: house.met[-1] == b"slowly\n")

    await acceptor.stop()
    for each in (slow, *quick):
        each.close()


async def test_a_door_that_is_held_takes_those_who_have_come_and_the_next_ones_when_asked(house: House) -> None:
    acceptor = house.open()
    callers = [house.calls(b"first\n")]
    acceptor.hold()
    assert house.met == [b"first\n"]

    callers.append(house.calls(b"second\n"))
    await asyncio.sleep(0.1)
    assert house.met == [b"first\n"]
    acceptor.hold()
    assert house.met == [b"first\n", b"second\n"]

    callers.append(house.calls(b"third\n"))
    acceptor.release()
    await eventually(lambda: len(house.met) == 3)
    await acceptor.stop()
    for each in callers:
        each.close()


async def test_out_of_descriptors_callers_wait_and_are_taken_when_there_are_some_again(house: House) -> None:
    acceptor = house.open()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    caller = socket.socket()
    resource.setrlimit(resource.RLIMIT_NOFILE, (1, hard))
    try:
        caller.connect(house.listener.getsockname())
        caller.sendall(b"patient\n")
        await asyncio.sleep(0.1)
        assert house.met == []
        acceptor.hold()
        acceptor.release()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    await eventually(lambda: house.met == [b"patient\n"])
    await acceptor.stop()
    caller.close()


async def test_who_stands_there_at_the_end_is_still_taken_and_a_slow_head_is_read_on(house: House) -> None:
    acceptor = house.open()
    slow = house.calls(b"slow")
    await asyncio.sleep(0.05)
    last = house.calls(b"last\n")

    acceptor.close()

    assert house.met == [b"last\n"]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(house.taken[0].getsockname())
    slow.sendall(b"ly\n")
    await eventually(lambda: house.met[-1] == b"slowly\n")
    await acceptor.stop()
    slow.close()
    last.close()


async def test_whose_head_never_ends_is_closed_at_the_end(house: House) -> None:
    acceptor = house.open()
    silent = house.calls(b"")
    await asyncio.sleep(0.05)

    await acceptor.stop()

    assert silent.recv(1) == b""
    silent.close()
