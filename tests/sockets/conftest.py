"""The fixtures of `tests/live/fixtures.py`."""

from tests.live.fixtures import house, live_house, live_market, live_shop, market, shop, sockets, stores

__all__ = ["house", "live_house", "live_market", "live_shop", "market", "shop", "sockets", "stores"]
