// Programmes as the API gives them; tests/web/test_programme_types.py compares the fields with app/programmes/schemas.py.

export interface ProgrammeView {
  id: string;
  name: string;
  first_day: string;
  last_day: string;
  takes: "all" | "chosen";
  changed_at: string;
}

export interface ProgrammePage {
  programmes: readonly ProgrammeView[];
  next_cursor: string | null;
}

export interface Candidate {
  session_id: string;
  title: string;
  kind: "stream" | "booth";
  started_at: string;
  commune_name: string | null;
  is_chosen: boolean;
}

export interface CandidateList {
  candidates: readonly Candidate[];
  chosen_beside: number;
}

export interface SalesSums {
  orders_placed: number;
  units_placed: number;
  placed_vnd: number;
  confirmed_orders: number;
  confirmed_vnd: number;
  delivered_orders: number;
  delivered_vnd: number;
  paid_orders: number;
  paid_vnd: number;
  net_orders: number;
  net_vnd: number;
  lost_orders: number;
  returned_orders: number;
  session_buyers: number;
}

export interface ClosingSums {
  orders_placed: number;
  placed_vnd: number;
  confirmed_vnd: number;
  delivered_vnd: number;
  paid_vnd: number;
  net_vnd: number;
}

export interface Audience {
  measured_sessions: number;
  views: number;
  unique_viewers: number | null;
  session_unique_viewers: number;
  watch_seconds: number;
  comments: number;
}

export interface BothFigures {
  closed_sessions: number;
  at_closing: ClosingSums;
  now: ClosingSums;
}

export interface LateCorrection {
  happened_on: string;
  kind: string;
  label_vi: string;
  label_en: string;
  sessions: number;
  orders: number;
  amount_vnd: number;
}

export interface PeriodRow {
  first_day: string;
  last_day: string;
  sessions: number;
  sales: SalesSums | null;
}

export interface SessionRow {
  session_id: string;
  title: string;
  kind: "stream" | "booth";
  state: string;
  started_at: string;
  ended_at: string | null;
  ward_code: number | null;
  commune_name: string | null;
  unit_id: string | null;
  unit_name: string | null;
  sales: SalesSums | null;
  at_closing: ClosingSums | null;
  closed_at: string | null;
  views: number | null;
  unique_viewers: number | null;
  viewers_peak: number | null;
  summed_at: string | null;
  is_current: boolean;
}

export interface SessionRowPage {
  as_of: string;
  sessions: readonly SessionRow[];
  next_cursor: string | null;
}

export interface Definition {
  name: string;
  label_vi: string;
  label_en: string;
  formula: string;
  source: "measured" | "derived";
  definition_vi: string;
  definition_en: string;
}

export interface ProgrammeReport {
  programme: ProgrammeView;
  as_of: string;
  lag_seconds: number | null;
  whole_organisation: boolean;
  streams: number;
  booths: number;
  communes: number;
  sessions_behind: number;
  sums_as_of: string | null;
  sales: SalesSums | null;
  both: BothFigures | null;
  audience: Audience;
  late: readonly LateCorrection[];
  months: readonly PeriodRow[];
  weeks: readonly PeriodRow[];
  definitions: readonly Definition[];
}

export type LeagueBy = "commune" | "unit" | "producer";
export type LeagueOrder =
  | "net_vnd" | "kept_vnd" | "net_per_session_vnd" | "buyers_per_unique_viewer_percent" | "lost_per_order_placed_percent"
  | "returned_per_order_delivered_percent";

export interface LeagueRow {
  rank: number | null;
  group_id: string | null;
  name: string | null;
  about: string | null;
  sessions: number;
  is_hidden: boolean;
  orders_placed: number | null;
  placed_vnd: number | null;
  net_vnd: number | null;
  kept_vnd: number | null;
  late_change_vnd: number | null;
  lost_per_order_placed_percent: number | null;
  returned_per_order_delivered_percent: number | null;
  net_per_session_vnd: number | null;
  buyers_per_unique_viewer_percent: number | null;
}

export interface League {
  by: LeagueBy;
  ordered_by: LeagueOrder;
  lowest_first: boolean;
  as_of: string;
  rows: readonly LeagueRow[];
  hidden_rows: number;
  minimum_denominators: Record<string, number>;
  definitions: readonly Definition[];
}

export interface UnitView {
  id: string;
  name: string;
}

export interface HostUnitView {
  user_id: string;
  name: string;
  unit_id: string | null;
}

export interface UnitList {
  units: readonly UnitView[];
  hosts: readonly HostUnitView[];
}

export interface ComparedSession {
  session_id: string;
  title: string;
  kind: "stream" | "booth";
  state: string;
  started_at: string;
  ended_at: string | null;
  commune_name: string | null;
  unit_name: string | null;
  summed_at: string | null;
  is_current: boolean;
  sales: SalesSums;
  at_closing: ClosingSums | null;
  closed_at: string | null;
  late: readonly LateCorrection[];
  duration_seconds: number | null;
  views: number | null;
  unique_viewers: number | null;
  viewers_peak: number | null;
  watch_seconds: number | null;
  comments: number | null;
  lost_per_order_placed_percent: number | null;
  returned_per_order_delivered_percent: number | null;
  buyers_per_unique_viewer_percent: number | null;
  placed_per_1000_views_vnd: number | null;
}

export interface Comparison {
  as_of: string;
  lag_seconds: number | null;
  sessions: readonly ComparedSession[];
  definitions: readonly Definition[];
}
