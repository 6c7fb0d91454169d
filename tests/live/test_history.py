"""Staff read all comments of a session back to the first, and find one without its marks."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.live.market import Market, a_user

INSERT = """
INSERT INTO comments (id, session_id, device_id, author, text, posted_at)
SELECT gen_random_uuid(), $1, gen_random_uuid(), 'Khách ' || n, 'bình luận số ' || n, now() - make_interval(secs => (n / 3)::int)
FROM generate_series(1, $2::int) AS n
"""


async def page(market: Market, **params: Any) -> dict[str, Any]:
    async with market.browser(market.host) as host:
        answer = await host.get(f"/api/v1/sessions/{market.session_id}/comments", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_pages_lead_back_to_the_first_comment_without_a_gap(live_market: Market) -> None:
    """Three were said in every moment: none is told twice or left out where a page ends among them."""
    await live_market.stores.database.pool.execute(INSERT, live_market.session_id, 130)

    told: list[dict[str, Any]] = []
    params: dict[str, Any] = {"limit": 40}
    while True:
        answer = await page(live_market, **params)
        told += answer["comments"]
        if not answer["has_more"]:
            break
        params["before"] = told[-1]["id"]

    assert len(told) == len({each["id"] for each in told}) == 130
    assert [each["at_ms"] for each in told] == sorted((each["at_ms"] for each in told), reverse=True)


@pytest.mark.parametrize("words", ["mat ong CON", "MẬT ONG còn", "đỗ thị", "do thi"])
async def test_words_are_found_with_and_without_marks(live_market: Market, words: str) -> None:
    viewer = await live_market.enters(name="Đỗ Thị Lan")
    other = await live_market.enters(name="Minh")
    await viewer.asks("comment.post", text="Mật ong còn không ạ")
    await other.asks("comment.post", text="bưởi ngon")
    await live_market.archived_comments(2)

    assert [each["text"] for each in (await page(live_market, q=words))["comments"]] == ["Mật ong còn không ạ"]


async def test_signs_of_patterns_are_searched_as_they_are(live_market: Market) -> None:
    viewer = await live_market.enters()
    await viewer.asks("comment.post", text="giảm 100% thật không")
    await live_market.archived_comments(1)

    assert len((await page(live_market, q="100%"))["comments"]) == 1
    assert (await page(live_market, q="%"))["comments"] != []
    assert (await page(live_market, q="_"))["comments"] == []


async def test_only_those_in_charge_read_them(live_market: Market) -> None:
    path = f"/api/v1/sessions/{live_market.session_id}/comments"
    other = await a_user(live_market.node, live_market.organiser.organisation_id, name="Thu Hà", role="host")
    async with live_market.browser(other) as colleague, live_market.browser(live_market.host) as host:
        refused, unknown = await colleague.get(path), await host.get(f"/api/v1/sessions/{uuid4()}/comments")
        odd = [await host.get(path, params=params) for params in ({"limit": 0}, {"before": "1"}, {"q": "x" * 301}, {"after": str(uuid4())})]

    assert (refused.status_code, unknown.status_code) == (403, 404)
    assert [answer.status_code for answer in odd] == [422] * 4


async def test_hidden_comments_are_told_as_such(live_market: Market) -> None:
    viewer = await live_market.enters()
    for text in ("mua ở nơi khác rẻ hơn", "mật ong thơm"):
        await viewer.asks("comment.post", text=text)
    await live_market.archived_comments(2)
    shown = await page(live_market)
    (advert,) = [each["id"] for each in shown["comments"] if each["text"].startswith("mua")]
    async with live_market.browser(live_market.host) as host:
        hidden = await host.post(f"/api/v1/sessions/{live_market.session_id}/comments/{advert}/hide", json={})
    assert hidden.is_success, hidden.text

    assert (shown["hidden"], (await page(live_market))["hidden"]) == ([], [advert])
