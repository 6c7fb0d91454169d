// Kinds of facts about an order and what may follow what. Written by `make gen` from app/ledger/kinds.py; edit the table there.

/** @typedef {"placed" | "changed" | "confirmed" | "cancelled" | "expired" | "handed_over" | "delivery_failed" | "delivered" | "paid" | "returned" | "restocked" | "refunded"} Kind */
/** @typedef {"cancelled" | "expired" | "returned" | "refunded"} LossKind */
/** @typedef {"placed" | "confirmed" | "delivered" | "paid"} Rung */
/**
 * @typedef {object} KindRule
 * @property {"buyer" | "staff" | "payment" | "clock" | "content"} by who takes the step; content = staff, who say what it is about
 * @property {number} rank the furthest kind of an order is its state
 * @property {readonly Kind[]} needs all of these before
 * @property {readonly Kind[]} needsAny one of these before, if any is named
 * @property {readonly Kind[]} neverAfter none of these before
 * @property {boolean} again it may come several times, for other parts of the order
 * @property {boolean} ends the order is over and its units are back
 * @property {boolean} isLoss
 * @property {boolean} goesOn the desk offers it as how the order goes on
 */

/** @type {Readonly<Record<Kind, KindRule>>} */
export const KINDS = {
  placed: {"by": "buyer", "rank": 0, "needs": [], "needsAny": [], "neverAfter": [], "again": false, "ends": false, "isLoss": false, "goesOn": false},
  changed: {"by": "content", "rank": -1, "needs": [], "needsAny": [], "neverAfter": ["delivered", "cancelled", "expired"], "again": true, "ends": false, "isLoss": false, "goesOn": false},
  confirmed: {"by": "staff", "rank": 1, "needs": [], "needsAny": [], "neverAfter": ["cancelled", "expired"], "again": false, "ends": false, "isLoss": false, "goesOn": true},
  cancelled: {"by": "staff", "rank": 8, "needs": [], "needsAny": [], "neverAfter": ["delivered", "expired"], "again": false, "ends": true, "isLoss": true, "goesOn": false},
  expired: {"by": "clock", "rank": 7, "needs": [], "needsAny": [], "neverAfter": ["confirmed", "paid", "cancelled"], "again": false, "ends": true, "isLoss": true, "goesOn": false},
  handed_over: {"by": "staff", "rank": 3, "needs": [], "needsAny": ["confirmed", "paid"], "neverAfter": ["delivered", "cancelled", "expired"], "again": false, "ends": false, "isLoss": false, "goesOn": false},
  delivery_failed: {"by": "staff", "rank": 4, "needs": ["handed_over"], "needsAny": [], "neverAfter": ["delivered", "cancelled", "expired"], "again": true, "ends": false, "isLoss": false, "goesOn": false},
  delivered: {"by": "staff", "rank": 5, "needs": [], "needsAny": ["confirmed", "paid"], "neverAfter": ["cancelled", "expired"], "again": false, "ends": false, "isLoss": false, "goesOn": true},
  paid: {"by": "payment", "rank": 2, "needs": [], "needsAny": [], "neverAfter": ["cancelled", "expired"], "again": true, "ends": false, "isLoss": false, "goesOn": false},
  returned: {"by": "staff", "rank": 9, "needs": ["delivered"], "needsAny": [], "neverAfter": [], "again": true, "ends": false, "isLoss": true, "goesOn": false},
  restocked: {"by": "content", "rank": -2, "needs": ["returned"], "needsAny": [], "neverAfter": [], "again": true, "ends": false, "isLoss": false, "goesOn": false},
  refunded: {"by": "staff", "rank": 10, "needs": ["paid"], "needsAny": ["returned", "cancelled"], "neverAfter": [], "again": true, "ends": false, "isLoss": true, "goesOn": true},
};
