"""What rooms and handlers know of a socket. No call waits, so nobody can be delayed by a slow viewer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from uuid import UUID

from app.protocol.close_codes import CloseCode
from app.realtime.device import Device
from app.realtime.identity import Audience, Identity


class Connection(ABC):
    """One socket in one room, whatever carries it. The hub gives it its `device`, with the limits, when it is admitted.

    `device_key` is the device's id as its 16 bytes: half the size of a UUID object, and one object for all who keep it.
    """

    __slots__ = ("author", "device", "device_key", "said_hello", "session_id")

    def __init__(self, session_id: UUID, *, device_key: bytes, author: str) -> None:
        self.session_id = session_id
        self.device_key = device_key
        self.author = author
        self.said_hello = False
        self.device: Device | None = None

    @property
    @abstractmethod
    def audience(self) -> Audience:
        """In what role the socket takes part."""

    @property
    @abstractmethod
    def identity(self) -> Identity:
        """Who is behind the socket."""

    @property
    @abstractmethod
    def network(self) -> bytes:
        """The digest of the network it comes from (`networks.py`)."""

    def greet(self) -> None:
        """Note that it has said hello: commands are taken from now on."""
        self.said_hello = True

    @abstractmethod
    def send(self, frame: bytes) -> None:
        """Queue a reply. One that cannot be queued even without the room's frames closes the socket as slow (4008)."""

    @abstractmethod
    def send_tick(self, frame: bytes) -> None:
        """Queue a frame of the room, or drop it when the viewer is behind: it sees the gap and says hello again."""

    @abstractmethod
    def close(self, code: CloseCode) -> None:
        """Close after what is queued has gone out. Further frames are ignored; a second close too."""
