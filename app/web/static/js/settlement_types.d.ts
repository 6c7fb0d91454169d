// What the API says of settlements (app/settlement/schemas.py); a test compares the names.

export interface ProducerRow {
  producer_id: string;
  producer_name: string;
  producer_kind: string;
  unsettled_vnd: number;
  waiting_vnd: number;
  agreed_vnd: number;
  rest_vnd: number;
  paid_vnd: number;
  settlements: number;
}

export interface ProducerRows {
  items: readonly ProducerRow[];
}

export interface SettlementRow {
  number: number;
  state: "open" | "agreed" | "paid" | "part_paid" | "carried";
  payable_vnd: number;
  orders: number;
  agreed_at_ms: number;
  paid_on: string | null;
  paid_vnd: number | null;
}

export interface ProducerSettlements {
  producer_id: string;
  producer_name: string;
  items: readonly SettlementRow[];
  chain_fits: boolean;
}

export interface GoodFigures {
  product_id: string;
  product_name: string;
  unit: string;
  unit_price_vnd: number;
  is_flash: boolean;
  units: Readonly<Record<string, number>>;
  vnd: Readonly<Record<string, number>>;
}

export interface LineView {
  session_id: string;
  order_id: string;
  order_code: string;
  entries: readonly number[];
  goods: readonly GoodFigures[];
  order_vnd: Readonly<Record<string, number>>;
}

export interface SessionRange {
  session_id: string;
  title: string;
  after_seq: number;
  to_seq: number;
  last_hash: string;
}

export interface SessionChoice {
  session_id: string;
  title: string;
  started_at_ms: number | null;
  orders: number;
  goods_vnd: number;
}

export interface SessionChoices {
  items: readonly SessionChoice[];
}

export interface Sums {
  opening_vnd: number;
  goods_vnd: number;
  shipping_vnd: number;
  carrier_fee_vnd: number;
  direct_vnd: number;
  vat_vnd: number;
  pit_vnd: number;
  by_hand_carrier_fee_vnd: number;
  by_hand_deduction_vnd: number;
  by_hand_addition_vnd: number;
  payable_vnd: number;
}

export interface AppliedRules {
  delivery_is_producers: boolean;
  withholds: boolean;
  vat_per_mille: number;
  pit_per_mille: number;
}

export interface OlderRules {
  rules: AppliedRules;
  settlements: readonly number[];
  taxed_vnd: number;
  shipping_vnd: number;
  carrier_fee_vnd: number;
  vat_vnd: number;
  pit_vnd: number;
}

export interface ChargeView {
  charge_id: string;
  kind: "carrier_fee" | "deduction" | "addition";
  amount_vnd: number;
  reason: string;
  order_code: string | null;
  made_by: string;
  made_at_ms: number;
}

export interface PaidView {
  amount_vnd: number;
  paid_on: string;
  reference: string;
  noted_by: string;
  noted_at_ms: number;
}

export interface SettlementView {
  producer_id: string;
  producer_name: string;
  producer_kind: string;
  tax_code: string;
  number: number;
  state: "open" | "agreed" | "paid" | "part_paid" | "carried";
  sessions: readonly SessionRange[];
  units: Readonly<Record<string, number>>;
  vnd: Readonly<Record<string, number>>;
  order_vnd: Readonly<Record<string, number>>;
  sums: Sums;
  rules: AppliedRules;
  older_rules: readonly OlderRules[];
  charges: readonly ChargeView[];
  lines: readonly LineView[];
  line_count: number;
  next_line: number | null;
  digest: string | null;
  agreed_by: string | null;
  agreed_at_ms: number | null;
  fact_hash: string | null;
  paid: PaidView | null;
}

export interface LedgerStep {
  seq: number;
  kind: string;
  at_ms: number;
  reason: string;
  units: number;
  goods_vnd: number;
  money_vnd: number;
  shipping_vnd: number;
  hash: string;
}

export interface OrderSteps {
  session_id: string;
  session_title: string;
  order_id: string;
  order_code: string;
  steps: readonly LedgerStep[];
}

export interface SettlementRules {
  delivery_is_producers: boolean;
  withholds: boolean;
  rates: Readonly<Record<string, { vat_per_mille: number; pit_per_mille: number }>>;
}
