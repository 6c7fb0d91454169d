// Orders and payments as the order desk's API gives them; tests/web/test_desk_types.py compares the fields with app/fulfilment/schemas.py.

import type { Kind } from "./ledger_kinds.js";

export interface DeskOrder {
  order_id: string;
  number: number;
  code: string;
  state: Kind;
  payment: string;
  shipping_vnd: number;
  total_vnd: number;
  units: number;
  placed_at_ms: number;
  due_at_ms: number;
  phone_masked: string | null;
  complaints_waiting: number;
}

export interface OrderEntry {
  seq: number;
  kind: Kind;
  reason: string;
  happened_at_ms: number;
  amount_vnd: number;
  items: readonly EntryItem[];
}

export interface EntryItem {
  product_name: string;
  unit: string;
  quantity: number;
  before: number | null;
}

export interface Receiver {
  name: string | null;
  phone: string | null;
  street: string | null;
  ward_name: string | null;
  province_name: string | null;
  note: string | null;
}

export type RevealReason = "call" | "deliver" | "complaint" | "payment";

export interface OrderedItem {
  product_name: string;
  unit: string;
  quantity: number;
  amount_vnd: number;
  unit_price_vnd: number;
  product_id: string;
  offer_id: string | null;
  returned: number;
}

export interface Complaint {
  complaint_id: string;
  words: string | null;
  made_at_ms: number;
  answer: string | null;
  answered_at_ms: number | null;
}

export interface OrderWithContact extends DeskOrder {
  receiver: Receiver;
  receiver_changed_at_ms: number | null;
  lines: readonly OrderedItem[];
  entries: readonly OrderEntry[];
  owed_vnd: number;
  refundable_vnd: number;
  complaints: readonly Complaint[];
}

export interface BookedPayment {
  payment_id: string;
  order_id: string | null;
  matter: "late" | "under" | "over" | "unmatched" | "repeated" | "to_collect" | "to_refund" | null;
}

export interface WorkListItem extends BookedPayment {
  reference: string;
  amount_vnd: number;
  received_at: string;
}
