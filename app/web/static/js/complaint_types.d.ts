// Complaints as the work list's API gives them; tests/web/test_desk_types.py compares the fields with app/fulfilment/complaint_schemas.py.

export interface ComplaintItem {
  complaint_id: string;
  kind: "order" | "description" | "price" | "insult" | "prohibited" | "other";
  state: "new" | "in_work" | "answered";
  session_id: string;
  session_title: string;
  order_id: string | null;
  order_code: string | null;
  words: string | null;
  has_contact: boolean;
  made_at_ms: number;
  due_at_ms: number;
  is_overdue: boolean;
  taken_by: string | null;
  answer: string | null;
  answered_by: string | null;
  answered_at_ms: number | null;
}

export interface ComplaintList {
  items: readonly ComplaintItem[];
  waiting: number;
  overdue: number;
  answer_working_days: number;
}
