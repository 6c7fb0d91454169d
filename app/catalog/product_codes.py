"""Codes by which an organisation knows its products: its own, or one made of the product's id. Pure."""

from __future__ import annotations

from uuid import UUID

# Without 0 1 I L O U: read aloud and typed, none is taken for another.
_SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 7


def code_from_id(product_id: UUID) -> str:
    """`SP` and 7 signs, always the same for an id; two products of one organisation in a thousand million get the same."""
    rest, signs = product_id.int, []
    for _ in range(_LENGTH):
        rest, index = divmod(rest, len(_SIGNS))
        signs.append(_SIGNS[index])
    return "SP" + "".join(signs)
