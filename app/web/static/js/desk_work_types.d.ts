// The desk's queues as its API gives them; tests/web/test_desk_work_types.py compares the fields with app/desk/schemas.py.

import type { ToldReceiver } from "./claim_hands.js";
import type { DeskOrder } from "./desk_types.js";
import type { Kind } from "./ledger_kinds.js";
import type { ClaimView } from "./protocol.js";

export type Queue = "first" | "second" | "third" | "given_up" | "again" | "money" | "pack" | "sent" | "collect" | "refund" | "over";
export type Outcome = "agreed" | "no_answer" | "busy" | "wrong_number" | "call_back" | "refused";

export interface QueueCount {
  queue: Queue;
  due: number;
  later: number;
  next_at_ms: number | null;
}

export interface WaitingComplaint {
  order_id: string;
  session_id: string;
}

export interface ClaimCount {
  waiting: number;
  first_until_ms: number | null;
}

export interface QueuedClaim extends ClaimView {
  receiver: ToldReceiver | null;
  session_id: string;
  session_title: string;
}

export interface QueuedClaims {
  claims: readonly QueuedClaim[];
  count: ClaimCount;
}

export interface QueueCounts {
  queues: readonly QueueCount[];
  claims: ClaimCount;
  complaints: readonly WaitingComplaint[];
}

export interface QueuedOrder extends DeskOrder {
  session_id: string;
  session_title: string;
  queue: Queue;
  ready_at_ms: number;
  tries: number;
  assigned_to: string | null;
  assigned_name: string | null;
  held_by: string | null;
  held_name: string | null;
  held_until_ms: number | null;
}

export interface QueuePage {
  orders: readonly QueuedOrder[];
  next_cursor: string | null;
}

export interface FoundOrders {
  orders: readonly QueuedOrder[];
  names_searched: number;
}

export interface CallView {
  mark: string;
  outcome: Outcome;
  reason: string;
  called_by: string;
  called_at_ms: number;
  again_at_ms: number | null;
  is_undone: boolean;
}

export interface HeldStepView {
  mark: string;
  kind: Kind;
  reason: string;
  taken_by: string;
  due_at_ms: number;
}

export interface NoteView {
  note_id: string;
  words: string | null;
  written_by: string;
  written_at_ms: number;
}

export interface OrderWork {
  order: QueuedOrder;
  asks_again: boolean;
  suggests_cancel: boolean;
  step: HeldStepView | null;
  calls: readonly CallView[];
  notes: readonly NoteView[];
}

export interface ColleagueView {
  user_id: string;
  name: string;
}

export interface OtherOrder {
  order_id: string;
  session_id: string;
  session_title: string;
  code: string;
  state: Kind;
  reason: string;
  total_vnd: number;
  placed_at_ms: number;
}

export interface BuyerHistory {
  orders: number;
  agreed: number;
  delivered: number;
  refused: number;
  others: readonly OtherOrder[];
}

export interface ProductAdvice {
  product_id: string;
  name: string;
  placed_orders: number;
  kept_orders: number;
  extra_percent: number | null;
}

export interface Advice {
  products: readonly ProductAdvice[];
  orders_needed: number;
}

export interface OrderInBulk {
  order_id: string;
  code: string;
  problem: string | null;
  who: string | null;
}

export interface BulkResult {
  fits: number;
  orders: readonly OrderInBulk[];
  mark: string | null;
}

export interface BulkUndone {
  undone: number;
  in_hand: number;
}
