// Kinds of facts about an order and what may follow what. Written by `make gen` from app/ledger/kinds.py; edit the table there.

/** @typedef {"placed" | "confirmed" | "cancelled" | "expired" | "paid" | "delivered" | "returned" | "refunded"} Kind */
/** @typedef {"cancelled" | "expired" | "returned" | "refunded"} LossKind */
/** @typedef {"placed" | "confirmed" | "paid" | "delivered"} Rung */
/**
 * @typedef {object} KindRule
 * @property {"buyer" | "staff" | "payment" | "clock"} by who takes the step
 * @property {number} rank the furthest kind of an order is its state
 * @property {readonly Kind[]} needs all of these before
 * @property {readonly Kind[]} needsAny one of these before, if any is named
 * @property {readonly Kind[]} neverAfter none of these before
 * @property {-1 | 0 | 1} unitsTaken 1 = the offer's units are taken, -1 = they are back
 * @property {boolean} isLoss
 * @property {boolean} goesOn the desk offers it as how the order goes on
 */

/** @type {Readonly<Record<Kind, KindRule>>} */
export const KINDS = {
  placed: {"by": "buyer", "rank": 0, "needs": [], "needsAny": [], "neverAfter": [], "unitsTaken": 1, "isLoss": false, "goesOn": false},
  confirmed: {"by": "staff", "rank": 1, "needs": [], "needsAny": [], "neverAfter": ["cancelled", "expired"], "unitsTaken": 0, "isLoss": false, "goesOn": true},
  cancelled: {"by": "staff", "rank": 5, "needs": [], "needsAny": [], "neverAfter": ["delivered", "expired"], "unitsTaken": -1, "isLoss": true, "goesOn": false},
  expired: {"by": "clock", "rank": 4, "needs": [], "needsAny": [], "neverAfter": ["confirmed", "paid", "cancelled"], "unitsTaken": -1, "isLoss": true, "goesOn": false},
  paid: {"by": "payment", "rank": 2, "needs": [], "needsAny": [], "neverAfter": ["cancelled", "expired"], "unitsTaken": 0, "isLoss": false, "goesOn": false},
  delivered: {"by": "staff", "rank": 3, "needs": [], "needsAny": ["confirmed", "paid"], "neverAfter": ["cancelled", "expired"], "unitsTaken": 0, "isLoss": false, "goesOn": true},
  returned: {"by": "staff", "rank": 6, "needs": ["delivered"], "needsAny": [], "neverAfter": [], "unitsTaken": 0, "isLoss": true, "goesOn": false},
  refunded: {"by": "staff", "rank": 7, "needs": ["paid"], "needsAny": ["returned", "cancelled"], "neverAfter": [], "unitsTaken": 0, "isLoss": true, "goesOn": true},
};
