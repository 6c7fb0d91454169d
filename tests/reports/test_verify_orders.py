"""The verifier goes through every order by itself: exports of earlier code fit as before, and what cannot have been is refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.ledger.chain import Entry, body_of
from app.reports import verify
from tests.reports.exports import a_course, run_verifier

HERE = Path(__file__).parent
# Made by `export_of(random_ledger(7, …))` of the code that wrote this form, with a key of nobody.
KEY = "cea5c413a1649856241a98bc843b7f4cd834f5816ce50250f438c3ca7337acc9"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("export_statement_1.zip", "OK: 90 entries, chain unbroken, placed 46974100 VND, net 1385704 VND, signed by the key you gave\n"),
        ("export_statement_2.zip", "OK: 167 entries, chain unbroken, placed 46974100 VND, net 2642539 VND, signed by the key you gave\n"),
    ],
)
def test_an_export_that_was_made_once_fits_for_good(name: str, said: str) -> None:
    assert run_verifier(str(HERE / name), "--key", KEY) == (0, said)
    assert run_verifier(str(HERE / name), "--key", "ab" * 32)[0] == 1


def test_the_kept_exports_have_bodies_of_every_version() -> None:
    texts = {number: verify.texts_of(HERE / f"export_statement_{number}.zip")[2] for number in (1, 2)}

    assert ('"v":2}' in texts[1], '"v":3}' in texts[1]) == (True, False)
    assert ('"v":3}' in texts[2], '"turn":2' in texts[2], '"kind":"money"' in texts[2]) == (True, True, True)


A_LIFE: tuple[tuple[Any, ...], ...] = (("placed", 3), ("changed", -1), ("confirmed", 2), ("delivered", 2), ("paid", 2), ("returned", 1))


def lines_of(entries: list[Entry]) -> list[dict[str, Any]]:
    return [json.loads(body_of(entry)) for entry in entries]


def test_a_life_of_an_order_that_can_be_fits() -> None:
    verify.check_orders(lines_of(a_course(*A_LIFE, ("returned", 1, 2), ("restocked", 1), ("refunded", 0, 1, 200))))


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ((("confirmed", 1),), "entry 1, confirmed, cannot follow"),
        ((("placed", 1), ("placed", 1)), "entry 2, placed, is not the order's entry 1 of its kind"),
        ((("placed", 1), ("confirmed", 1), ("confirmed", 1, 2)), "entry 3, confirmed, cannot follow"),
        ((("placed", 2), ("changed", -3)), "entry 2, changed, takes more away than there was"),
        ((("placed", 2), ("changed", -2)), "entry 2, changed, takes more away than there was"),
        ((("placed", 2), ("cancelled", 2), ("changed", 1)), "entry 3, changed, changes an order that is over"),
        ((("placed", 2), ("changed", 1), ("confirmed", 2)), "entry 3, confirmed, is about something else than the order"),
        ((("placed", 2), ("changed", 1), ("cancelled", 2)), "entry 3, cancelled, is about something else than the order"),
        ((("placed", 2), ("returned", 1)), "entry 2, returned, returns what was not delivered"),
        ((*A_LIFE, ("returned", 2, 2)), "entry 7, returned, returns what was not delivered"),
        ((*A_LIFE, ("returned", 1, 1)), "entry 7, returned, is not the order's entry 1 of its kind"),
        ((*A_LIFE, ("restocked", 2)), "entry 7, restocked, puts back what did not come back"),
        ((*A_LIFE, ("refunded", 0, 1, 201)), "entry 7, refunded, gives back more than was paid"),
    ],
)
def test_what_cannot_have_been_is_refused_by_name(facts: tuple[tuple[Any, ...], ...], said: str) -> None:
    with pytest.raises(verify.DoesNotFit) as refusal:
        verify.check_orders(lines_of(a_course(*facts)))

    assert str(refusal.value) == f"ledger {said}"


def test_a_statement_of_a_form_that_comes_later_is_not_read_as_one_of_today() -> None:
    statement, signature, ledger = verify.texts_of(HERE / "export_statement_2.zip")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify, "signature_fits", lambda *_: True)
        with pytest.raises(verify.DoesNotFit, match="newer than this program"):
            verify.check([statement.replace("statement 2", "statement 3"), signature, ledger], None)
