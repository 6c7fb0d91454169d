// What the verifier knows of kinds. Written by `make gen` from app/ledger/kinds.py; edit the table there.

export const UNITS_TAKEN = {"placed": 1, "changed": 1, "cancelled": -1, "expired": -1, "restocked": -1};
/** @type {readonly string[]} */
export const RUNGS = ["placed", "confirmed", "delivered", "paid"];
/** @type {readonly string[]} */
export const AGAIN = ["changed", "delivery_failed", "paid", "returned", "restocked", "refunded"];
