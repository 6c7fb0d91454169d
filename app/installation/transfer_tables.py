"""Which rows belong to a session that moves to another installation, and in which order they are written there.

Every table of the database is named in this file: carried, made again over there, or left behind for the reason given. A test compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["shared", "own", "people"]

ORDERS = "order_id IN (SELECT id FROM orders WHERE session_id = $1)"
"""Rows of whatever is about an order."""
_PRODUCTS = """
  SELECT product_id FROM session_products WHERE session_id = $1 UNION SELECT product_id FROM offers WHERE session_id = $1
  UNION SELECT product_id FROM session_stock WHERE session_id = $1 UNION SELECT product_id FROM unit_holds WHERE session_id = $1
  UNION SELECT pinned_product_id FROM sessions WHERE id = $1 UNION SELECT product_id FROM answered_questions WHERE session_id = $1
  UNION SELECT l.product_id FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.session_id = $1
  UNION SELECT (line ->> 'product')::uuid FROM ledger_entries, json_array_elements(body::json -> 'lines') AS line WHERE session_id = $1
  UNION SELECT (details ->> 'product_id')::uuid FROM audit_entries WHERE action = 'session.pinned' AND subject_id = $1::uuid::text
"""
_PICTURES = f"SELECT picture_id FROM product_pictures WHERE product_id IN ({_PRODUCTS})"  # noqa: S608 - our own text
_PRODUCERS = f"""
  SELECT producer_id FROM products WHERE id IN ({_PRODUCTS}) UNION SELECT producer_id FROM offers WHERE session_id = $1
  UNION SELECT producer_id FROM sessions WHERE id = $1 UNION SELECT producer_id FROM pictures WHERE id IN ({_PICTURES})
  UNION SELECT (line ->> 'producer')::uuid FROM ledger_entries, json_array_elements(body::json -> 'lines') AS line WHERE session_id = $1
"""  # noqa: S608 - our own text


PICTURES = f"id IN ({_PICTURES})"
"""Which uploaded pictures go along with a session; their files do, too."""


@dataclass(frozen=True, slots=True)
class CarriedTable:
    """`where`: its rows, `$1` being the session; `dropped`: columns that stay behind, or are given anew over there.

    `kind`: `shared` rows may be there already and then stay as they are; `own` rows are the session's; `people`: only with people.
    """

    name: str
    where: str = "session_id = $1"
    order: str = "1"
    kind: Kind = "own"
    dropped: tuple[str, ...] = ()


CARRIED = (
    CarriedTable("organisations", "id = (SELECT organisation_id FROM sessions WHERE id = $1)", kind="shared"),
    CarriedTable("producers", f"id IN ({_PRODUCERS})", kind="shared"),
    CarriedTable("products", f"id IN ({_PRODUCTS})", kind="shared"),
    CarriedTable("pictures", PICTURES, order="id", kind="shared"),
    CarriedTable("product_pictures", f"product_id IN ({_PRODUCTS})", kind="shared"),
    CarriedTable("sessions", "id = $1"),
    CarriedTable("shipping_rules"),
    CarriedTable("session_products", order="position"),
    CarriedTable("offers", order="created_at, id"),
    CarriedTable("session_stock"),
    CarriedTable("ledgers"),
    CarriedTable("ledger_entries", order="seq"),
    CarriedTable("orders", order="seq"),
    CarriedTable("order_lines", ORDERS, order="order_id, line_number"),
    CarriedTable("order_changes", order="seq"),
    CarriedTable("order_calls", ORDERS, order="called_at, id"),
    CarriedTable("payments", ORDERS, order="booked_at, id", dropped=("key_id", "sealed_words", "provider_id", "twin_reference")),
    CarriedTable("waitlist_entries", order="place", dropped=("place",)),
    CarriedTable("unit_holds"),
    CarriedTable("comments", order="posted_at, id"),
    CarriedTable("comment_hidings", order="hidden_at, comment_id"),
    CarriedTable("comment_claims", dropped=("phone_masked", "phone_digest", "key_id", "wrapped_key", "sealed", "asks_desk")),
    CarriedTable("speaker_restrictions", order="created_at, id"),
    CarriedTable("room_talks"),
    CarriedTable("room_warnings", order="set_at, id"),
    CarriedTable("room_questions", order="marked_at, comment_id"),
    CarriedTable("answered_questions"),
    CarriedTable("outside_counts", order="id", dropped=("id",)),
    CarriedTable("imported_figures", order="platform, figure, number"),
    CarriedTable("session_totals"),
    CarriedTable("session_minutes", order="minute_at"),
    CarriedTable("closing_statements", order="number"),
    CarriedTable("ledger_buyers", order="first_seq, token"),
    CarriedTable("audit_entries", "action = 'session.pinned' AND subject_id = $1::uuid::text", order="id", dropped=("id",)),
    CarriedTable(
        "order_contacts",
        f"key_id IS NOT NULL AND {ORDERS}",
        kind="people",
        dropped=("name", "phone", "province_code", "province_name", "ward_code", "ward_name", "street", "note", "phone_digest"),
    ),
    CarriedTable("complaints", f"words IS NULL AND answer IS NULL AND {ORDERS}", kind="people", dropped=("words", "answer")),
    CarriedTable("session_complaints", kind="people"),
    CarriedTable("order_notes", ORDERS, kind="people"),
    CarriedTable("consents", ORDERS, kind="people"),
)

WRAPPED = frozenset({"order_contacts", "session_complaints"})
"""Tables whose rows have a data key each, wrapped by a secret."""

NOT_CARRIED = {
    "made again from what is carried": (
        *("desk_orders", "desk_marks", "parcel_marks", "ledger_summaries"),
        *("session_sums", "session_day_sums", "session_producer_sums", "session_late_sums"),
    ),
    "of the service at work, over when a session has ended": (
        *("room_outbox", "comments_to_read", "jobs", "job_file_parts", "job_marks", "staff_intentions", "bridge_tokens", "comment_sources"),
    ),
    "people and rights of the other installation are its own (`users` are known there by their ids alone)": (
        *("users", "role_grants", "sign_ins", "second_factors", "api_tokens", "invitations", "producer_logins", "complaints_taken"),
    ),
    "the private half of a key leaves no installation": ("signing_keys", "order_code_keys"),
    "an organisation's own choice": (
        *("listing_gates", "livestream_rules", "own_answers", "comment_order_rules", "parcel_settings", "settlement_rules", "publications"),
        *("bank_accounts", "bank_feeds", "carrier_accounts", "carrier_mappings", "seller_papers"),
    ),
    "books over several sessions": (
        *("settlement_heads", "settlement_facts", "settlement_lines", "settlement_charges"),
        *("programmes", "programme_sessions", "union_units", "host_units", "session_units"),
    ),
    "parcels hold orders of several sessions, and name their receivers": (
        *("parcels", "parcel_orders", "parcel_lines", "parcel_handovers", "carrier_orders", "carrier_files", "carrier_events"),
    ),
    "files lie beside the rows in the package, whichever store keeps them": ("picture_files",),
    "facts of the country, the same everywhere": ("place_imports", "place_versions"),
}
