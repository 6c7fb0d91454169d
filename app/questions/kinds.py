"""Of what a kind of question is asked. What belongs to each kind: `tests/questions/README.md`."""

from __future__ import annotations

from app.protocol.questions import QuestionKind

# Asked of the session: the same answer whatever product is meant.
OF_SESSION: frozenset[QuestionKind] = frozenset({"delivery_time", "delivery_fee", "delivery_area", "how_to_order", "payment"})
# Asked of a product that was named, else of the session; never of the pinned one.
OF_NAMED: frozenset[QuestionKind] = frozenset({"next_offer"})
# No field of a product or a session says it: the organisation writes the answer once, for all its sessions.
IN_OWN_WORDS: frozenset[QuestionKind] = frozenset({"delivery_time", "wholesale"})
