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
