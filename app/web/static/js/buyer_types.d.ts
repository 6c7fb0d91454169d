// The buyer's side as the API gives it; tests/web/test_desk_types.py compares the fields with app/fulfilment/buyer_schemas.py.

import type { Complaint, OrderedItem, OrderEntry, Receiver } from "./desk_types.js";
import type { Kind } from "./ledger_kinds.js";

export interface BuyersReceiver extends Receiver {
  province_code: number | null;
  ward_code: number | null;
}

export interface Seller {
  organisation_name: string;
  host_name: string;
  phone: string | null;
  session_id: string;
  session_title: string;
  session_state: string;
}

export interface Consent {
  purpose: string;
  text_version: string;
  language: string;
  given_at_ms: number;
  withdrawn_at_ms: number | null;
}

export interface TransferAsked {
  bank_bin: string;
  bank_code: string;
  bank_name: string;
  account_number: string;
  holder_name: string;
  amount_vnd: number;
  memo: string;
}

export interface OrderPage {
  code: string;
  state: Kind;
  may_change: boolean;
  payment: string;
  is_paid: boolean;
  owed_vnd: number;
  shipping_vnd: number;
  total_vnd: number;
  placed_at_ms: number;
  due_at_ms: number;
  lines: readonly OrderedItem[];
  entries: readonly OrderEntry[];
  receiver: BuyersReceiver;
  receiver_changed_at_ms: number | null;
  complaints: readonly Complaint[];
  consents: readonly Consent[];
  transfer: TransferAsked | null;
  seller: Seller;
}

export interface ReceiverChange {
  phone: string;
  address: { province_code: number; ward_code: number; street: string };
  note: string;
}

export interface PersonalData {
  session_complaints: readonly object[];
  claims: readonly object[];
  made_at_ms: number;
  orders: readonly OrderPage[];
}

export interface Erasure {
  erased: readonly string[];
  still_needed: readonly string[];
  claims: number;
  session_complaints: number;
}

export interface MyOrder {
  code: string;
  link_token: string;
  state: Kind;
  payment: string;
  shipping_vnd: number;
  total_vnd: number;
  placed_at_ms: number;
  session_id: string;
  session_title: string;
  lines: readonly OrderedItem[];
  answers: number;
}
