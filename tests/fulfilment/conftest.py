"""The fixtures of `tests/orders/conftest.py`."""

from tests.orders.conftest import database, market, queues

__all__ = ["database", "market", "queues"]
