"""The fixtures of `tests/orders/conftest.py`."""

from tests.orders.conftest import market, queues, write

__all__ = ["market", "queues", "write"]
