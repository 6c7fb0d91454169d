// Money by bank as the API gives it; tests/web/test_desk_types.py compares the fields with app/fulfilment/money_schemas.py.

export interface Bank {
  bin: string;
  code: string;
  name: string;
}

export interface BankAccount {
  account_id: string;
  producer_id: string | null;
  producer_name: string | null;
  bank_bin: string;
  bank_code: string;
  account_number: string;
  is_masked: boolean;
  holder_name: string;
  named_by: string;
  named_at_ms: number;
}

export interface BankAccountList {
  items: readonly BankAccount[];
  banks: readonly Bank[];
}

export type Source = "desk" | "sepay" | "casso" | "statement" | "collection";
export type RowFate = "fits" | "not_delivered" | "under" | "over" | "late" | "repeated" | "unmatched" | "known" | "outgoing" | "bad";

export interface BankFeed {
  provider: "sepay" | "casso";
  path: string;
  made_by: string;
  made_at_ms: number;
  heard_at_ms: number | null;
}

export interface OpenedFeed {
  path: string;
  secret: string | null;
}

export interface MoneyWorkItem {
  payment_id: string;
  order_id: string | null;
  order_code: string | null;
  session_id: string | null;
  order_vnd: number | null;
  matter: "late" | "under" | "over" | "unmatched" | "repeated";
  source: Source;
  reference: string;
  amount_vnd: number;
  fee_vnd: number | null;
  received_at_ms: number;
  words: string | null;
}

export interface MoneyWorkList {
  items: readonly MoneyWorkItem[];
  waiting: number;
}

export interface FileColumns {
  date: number | null;
  amount: number | null;
  debit: number | null;
  words: number | null;
  reference: number | null;
  fee: number | null;
}

export interface FileRow {
  line: number;
  fate: RowFate;
  order_code: string | null;
  amount_vnd: number | null;
  fee_vnd: number | null;
  received_at_ms: number | null;
  words: string;
  problem: "amount" | "date" | "formula" | null;
}

export interface FilePreview {
  heads: readonly string[];
  columns: FileColumns;
  counts: Partial<Record<RowFate, number>>;
  rows: readonly FileRow[];
}

export interface FileOutcome {
  counts: Partial<Record<RowFate, number>>;
  is_whole: boolean;
  collected_vnd: number;
  fees_vnd: number;
}

export interface CollectedSums {
  rows: number;
  collected_vnd: number;
  fees_vnd: number;
}
