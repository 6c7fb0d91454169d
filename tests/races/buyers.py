"""A process of buyers outside the system: they order without pause over HTTP and write down each intent and each answer.

`python -m tests.races.buyers PORT SESSION OFFERS DEAREST LOG SEED BUYERS` runs until its standard input is closed, then finishes what is open.
An order without an answer is repeated with the same key until there is one.
"""

from __future__ import annotations

import http.client
import json
import random
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import IO, Any

_PATIENCE_SECONDS = 4.0
_PAUSE_SECONDS = 0.15
_FINISH_SECONDS = 40.0
ABSURD = 0.1


class Log:
    """One line of JSON per fact, written before the next step is taken."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._lock = threading.Lock()

    def write(self, **fact: Any) -> None:
        with self._lock:
            self._file.write(json.dumps(fact) + "\n")
            self._file.flush()


class Buyer:
    """One device, one connection at a time."""

    def __init__(self, port: int, session_id: str, log: Log) -> None:
        self._port = port
        self._base = f"/api/v1/sessions/{session_id}"
        self._log = log
        self._connection: http.client.HTTPConnection | None = None
        self._cookie = ""
        self.device_id = ""

    def enter(self) -> None:
        status, body, headers = self._until_answered("/tickets", {})
        assert status < 300, body
        self.device_id = body["device_id"]
        self._cookie = headers["set-cookie"].partition(";")[0]

    def order(self, key: str, content: dict[str, Any]) -> None:
        self._log.write(intent=key, device=self.device_id, lines=content["lines"])
        status, body, _ = self._until_answered("/orders", {"key": key, **content})
        if status == http.HTTPStatus.CREATED:
            self._log.write(placed=key, device=self.device_id, order=body["order_id"], number=body["number"], total_vnd=body["total_vnd"])
        else:
            self._log.write(refused=key, device=self.device_id, code=body["code"])

    def ask_for_the_absurd(self, key: str, content: dict[str, Any]) -> None:
        """What nobody can mean; it must be refused for good, between the ordinary ones."""
        status, body, _ = self._until_answered("/orders", {"key": key, **content})
        self._log.write(absurd=key, status=status, code=body.get("code"))

    def _until_answered(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any], dict[str, str]]:
        while True:
            try:
                status, answer, headers = self._ask(path, body)
            except (OSError, http.client.HTTPException, ValueError):
                self._forget_connection()
            else:
                if not answer.get("retryable"):
                    return status, answer, headers
            time.sleep(_PAUSE_SECONDS)

    def _ask(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any], dict[str, str]]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_PATIENCE_SECONDS)
        headers = {"content-type": "application/json", "cookie": self._cookie}
        self._connection.request("POST", self._base + path, json.dumps(body), headers)
        response = self._connection.getresponse()
        text = response.read()
        return response.status, json.loads(text), {name.lower(): value for name, value in response.getheaders()}

    def _forget_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def absurd(content: dict[str, Any], dearest: str, choice: random.Random) -> dict[str, Any]:
    """An ordinary order with one part that cannot be."""
    buyer = content["buyer"]
    return content | choice.choice(
        (
            {"lines": [{"offer_id": dearest, "quantity": 1_000}] * 2},
            {"lines": [{"offer_id": dearest, "quantity": 10**18}]},
            {"lines": [{"offer_id": str(uuid.UUID(int=7)), "quantity": 1}]},
            {"buyer": buyer | {"name": "\u3164"}},
            {"buyer": buyer | {"note": "\ud800"}},
            {"buyer": buyer | {"phone": "09" * 10}},
        )
    )


def shop(buyer: Buyer, offers: list[str], dearest: str, choice: random.Random, stopping: threading.Event) -> None:
    """Order until told to stop; every few orders one is sent again after it was answered, and one is absurd."""
    buyer.enter()
    while not stopping.is_set():
        key = str(uuid.UUID(int=choice.getrandbits(128), version=4))
        chosen = choice.sample(offers, choice.choice((1, 1, 2)))
        content = {
            "lines": [{"offer_id": offer, "quantity": choice.randint(1, 3)} for offer in chosen],
            "buyer": {
                "name": "Nguyễn Thị Lan",
                "phone": f"090{choice.randrange(10**7):07d}",
                "address": {"province_code": 42, "ward_code": 18_073, "street": "Thôn 3"},
            },
            "payment": choice.choice(("cod", "transfer")),
        }
        for _ in range(choice.choice((1, 1, 1, 2))):
            buyer.order(key, content)
        if choice.random() < ABSURD:
            buyer.ask_for_the_absurd(str(uuid.UUID(int=choice.getrandbits(128), version=4)), absurd(content, dearest, choice))


def main(arguments: list[str]) -> None:
    port, session_id, offers, dearest, log_path, seed, count = arguments
    stopping = threading.Event()
    with Path(log_path).open("a", encoding="utf-8") as file:
        log = Log(file)
        shoppers = [
            threading.Thread(
                target=shop,
                args=(Buyer(int(port), session_id, log), offers.split(","), dearest, random.Random(f"{seed} {number}"), stopping),  # noqa: S311 - a course that can be repeated
                daemon=True,
            )
            for number in range(int(count))
        ]
        for shopper in shoppers:
            shopper.start()
        sys.stdin.read()
        stopping.set()
        deadline = time.monotonic() + _FINISH_SECONDS
        for shopper in shoppers:
            shopper.join(max(0.0, deadline - time.monotonic()))
        log.write(finished=not any(shopper.is_alive() for shopper in shoppers))


if __name__ == "__main__":
    main(sys.argv[1:])
