"""The fixtures of `tests/orders/conftest.py`."""

from tests.orders.conftest import market, queues

__all__ = ["market", "queues"]
