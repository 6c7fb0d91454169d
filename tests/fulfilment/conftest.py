"""The fixtures of `tests/orders/conftest.py`."""

from tests.orders.conftest import house, live_shop, market, queues, shop, sockets, stores, write

__all__ = ["house", "live_shop", "market", "queues", "shop", "sockets", "stores", "write"]
