"""Words that the tables, the services and the API share about money by bank."""

from __future__ import annotations

from typing import Literal

from app.protocol.text import Line

Matter = Literal["late", "under", "over", "unmatched", "repeated", "to_collect", "to_refund"]
"""Why a payment needs a person; of the last two nothing has come in (`app/fulfilment/balances.py`)."""
Source = Literal["desk", "sepay", "casso", "statement", "collection"]
"""How we heard of it: typed in, by a provider's notice, in a bank's statement, in a courier's list of cash collected."""
Provider = Literal["sepay", "casso"]
LineFate = Literal["paid", "waits", "known", "outgoing"]
"""What became of a bank's line: it paid its order, waits on the work list, was known before, or is money that went out."""
RowFate = Literal["fits", "not_delivered", "under", "over", "late", "repeated", "unmatched", "known", "outgoing", "bad"]
"""What would become of a file's row."""

CellProblem = Literal["amount", "date", "formula"]
"""Why a row cannot be read."""

HOLDER_NAME = Line(100, needs="letter")
WORDS = Line(300, needs="nothing")
