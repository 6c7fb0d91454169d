"""A ticket proves the device it was issued to, and nothing else does."""

from __future__ import annotations

import time
from uuid import UUID, uuid4

import pytest

from app.infra.key_ring import KeyRing
from app.realtime.errors import TicketInvalid
from app.realtime.tickets import TicketSigner


def test_a_ticket_names_its_device():
    signer = TicketSigner(KeyRing("one secret"))
    device, ticket = signer.issue()

    assert signer.read(ticket) == device
    assert signer.issue(device)[0] == device


@pytest.mark.parametrize("number", [0, 1, 4999])
def test_a_ticket_that_the_library_compressed_is_as_good_as_others(number: int):
    signer = TicketSigner(KeyRing("one secret"))
    device, ticket = signer.issue(UUID(int=number, version=4))

    assert ticket.startswith(".")
    assert signer.read(ticket) == device


def test_every_device_is_new_unless_it_is_given():
    signer = TicketSigner(KeyRing("one secret"))

    assert signer.issue()[0] != signer.issue()[0]


@pytest.mark.parametrize("spoil", [lambda ticket: "", lambda ticket: ticket[:-1], lambda ticket: "x" + ticket, lambda ticket: "a.b.c"])
def test_an_altered_ticket_is_refused(spoil):
    signer = TicketSigner(KeyRing("one secret"))
    _, ticket = signer.issue(uuid4())

    with pytest.raises(TicketInvalid):
        signer.read(spoil(ticket))


def test_a_ticket_of_another_secret_is_refused():
    _, ticket = TicketSigner(KeyRing("another secret")).issue()

    with pytest.raises(TicketInvalid):
        TicketSigner(KeyRing("one secret")).read(ticket)


@pytest.mark.parametrize("days", [-1, 31])
def test_a_ticket_of_another_time_is_refused(days: int, monkeypatch: pytest.MonkeyPatch):
    signer = TicketSigner(KeyRing("one secret"))
    _, ticket = signer.issue()
    later = int(time.time()) + days * 24 * 3600
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: later)

    with pytest.raises(TicketInvalid):
        signer.read(ticket)


@pytest.mark.parametrize("signed", ["a name", 7, ["x" * 30], "z" * 32, None])
def test_what_was_signed_but_is_no_device_is_refused(signed: object):
    signer = TicketSigner(KeyRing("one secret"))

    with pytest.raises(TicketInvalid):
        signer.read(str(signer._serializer.dumps(signed)))
