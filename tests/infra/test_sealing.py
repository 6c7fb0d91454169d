"""What is sealed opens with the right secret and for what it is about, and in no other way."""

from __future__ import annotations

import pytest

from app.infra.key_ring import KeyRing
from app.infra.sealing import Envelopes, SealUnreadable, WrappedKey


def test_what_is_sealed_opens_again_and_shows_nothing_of_itself() -> None:
    envelopes = Envelopes(KeyRing("one secret"))
    key = envelopes.new_key()

    sealed = [key.seal(b"0912345678", about=b"order 1") for _ in range(2)]

    assert [envelopes.open_key(key.wrapped).open(each, about=b"order 1") for each in sealed] == [b"0912345678"] * 2
    assert sealed[0] != sealed[1]
    assert not any(b"0912" in each for each in sealed)


def test_another_order_another_key_and_changed_bytes_open_nothing() -> None:
    envelopes = Envelopes(KeyRing("one secret"))
    key, other = envelopes.new_key(), envelopes.new_key()
    sealed = key.seal(b"0912345678", about=b"order 1")

    for wrong, content, about in (
        (key, sealed, b"order 2"),
        (other, sealed, b"order 1"),
        (key, sealed[:-1] + bytes([sealed[-1] ^ 1]), b"order 1"),
        (key, b"", b"order 1"),
        (key, b"short", b"order 1"),
    ):
        with pytest.raises(SealUnreadable):
            wrong.open(content, about=about)


def test_a_key_is_wrapped_anew_when_the_secret_is_replaced_and_what_it_sealed_stays() -> None:
    before = Envelopes(KeyRing("old"))
    key = before.new_key()
    sealed = key.seal(b"content", about=b"")
    during = Envelopes(KeyRing("new", former=["old"]))

    rewrapped = during.rewrapped(key.wrapped)

    after = Envelopes(KeyRing("new"))
    assert during.open_key(key.wrapped).open(sealed, about=b"") == b"content"
    assert after.open_key(rewrapped).open(sealed, about=b"") == b"content"
    assert during.rewrapped(rewrapped) is rewrapped
    for envelopes, stored in ((after, key.wrapped), (before, rewrapped), (after, WrappedKey(rewrapped.key_id, key.wrapped.wrapped))):
        with pytest.raises(SealUnreadable):
            envelopes.open_key(stored)


def test_a_secret_that_is_to_come_reads_and_makes_nothing_yet() -> None:
    ring = KeyRing("now", former=["before"], upcoming="next")

    assert [secret.text for secret in ring.every] == ["now", "before", "next"]
    assert (ring.current.text, ring.oldest.text) == ("now", "before")
    assert Envelopes(ring).new_key().wrapped.key_id == KeyRing("now").current.key_id
    assert Envelopes(ring).open_key(Envelopes(KeyRing("next")).new_key().wrapped) is not None


def test_the_id_of_a_secret_tells_secrets_apart_and_is_no_part_of_one() -> None:
    ids = {KeyRing(f"secret {number}").current.key_id for number in range(100)}

    assert len(ids) == 100
    assert {len(key_id) for key_id in ids} == {8}
