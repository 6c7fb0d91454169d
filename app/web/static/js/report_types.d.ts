// The report as `GET /api/v1/sessions/{id}/report` gives it; tests/web/test_report_types.py compares the fields with app/reports/schemas.py.

import type { LossKind, Rung } from "./ledger_kinds.js";

export interface HeadlineMetric {
  name: string;
  value: number | null;
  unit: string;
  source: "measured" | "imported" | "derived";
  label_vi: string;
  label_en: string;
  formula: string;
  formula_vi: string;
  window: string;
  window_vi: string;
  definition_vi: string;
  definition_en: string;
}

export interface Loss {
  kind: LossKind;
  reason: string;
  orders: number;
  amount_vnd: number;
}

export interface LadderStep {
  name: Rung | "net";
  label_vi: string;
  label_en: string;
  orders: number;
  units: number;
  amount_vnd: number;
  shipping_vnd: number;
  amount_per_amount_placed_percent: number | null;
  losses: readonly Loss[];
  waiting_orders: number;
  waiting_amount_vnd: number;
  changed_orders: number;
  changed_vnd: number;
  paid_before_orders: number;
  paid_before_vnd: number;
}

/** Sums over ledger entries, by kind of entry (`orders_placed`, `revenue_returned_vnd`, …). */
export type Sales = Readonly<Record<string, number>>;

export interface ProductRow {
  product_id: string;
  code: string | null;
  name: string;
  unit: string;
  producer_id: string;
  producer_name: string;
  offers: number;
  units_offered: number;
  units_remaining: number;
  stock_units: number | null;
  stock_left: number | null;
  sales: Sales;
}

export interface ProducerRow {
  producer_id: string;
  name: string;
  kind: "company" | "cooperative" | "cooperative_group" | "household";
  commune_name: string;
  products: number;
  sales: Sales;
}

export interface Marker {
  at: string;
  kind: "session.started" | "session.ended" | "offer.opened" | "offer.ended" | "product.pinned" | "notice.shown";
  product_id: string | null;
  product_name: string | null;
  offer_id: string | null;
  flash_price_vnd: number | null;
  units_offered: number | null;
  text: string | null;
}

export interface Check {
  name: string;
  label_vi: string;
  label_en: string;
  subject_id: string | null;
  subject: string | null;
  expected: number;
  found: number;
  ok: boolean;
}

export interface Reconciliation {
  ok: boolean;
  ledger_last_seq: number;
  figures_ledger_seq: number;
  checks: readonly Check[];
}

export interface MinuteFigures {
  minute_at: string;
  viewers_peak: number;
  viewers_average: number;
  views: number;
  views_10s: number;
  likes: number;
  comments: number;
  orders_placed: number;
  units_placed: number;
  revenue_placed_vnd: number;
}

export interface OutsideFigures {
  source: string;
  outside_viewers: number;
  outside_viewers_peak: number;
  observed_at: string;
}

export interface ModerationFigures {
  hidden_by_staff: number;
  held_by_rules: number;
  restored: number;
  said_unheard: number;
  mutes: number;
  bans: number;
  median_seconds_to_hide: number | null;
}

export interface CommuneRow {
  commune_code: number;
  name: string;
  province_code: number;
  province_name: string;
  producers: number;
  sales: Sales;
}

export interface WaitFigures {
  waiting: number;
  called: number;
  bought: number;
  lapsed: number;
  left: number;
  units_wanted: number;
  units_bought: number;
  units_lost: number;
}

export interface OfferRow {
  offer_id: string | null;
  product_id: string | null;
  product_name: string | null;
  producer_id: string | null;
  state: "scheduled" | "open" | "ended" | null;
  flash_price_vnd: number | null;
  regular_price_vnd: number | null;
  units_offered: number | null;
  units_remaining: number | null;
  starts_at: string | null;
  ends_at: string | null;
  sales: Sales;
  waited: WaitFigures;
}

export interface SourceRow {
  source: "flash" | "shelf" | "comment" | "booth";
  label_vi: string;
  label_en: string;
  sales: Sales;
}

export interface WithoutGoods {
  revenue_paid_vnd: number;
  revenue_refunded_vnd: number;
}

export interface FunnelStep {
  name: string;
  label_vi: string;
  label_en: string;
  definition_vi: string;
  definition_en: string;
  source: "measured" | "derived";
  count: number | null;
  per_step: string | null;
  percent: number | null;
}

export interface BuyerFigures {
  buyers: number;
  new: number;
  returning: number;
  unknown: number;
  definition_vi: string;
  definition_en: string;
}

export interface ImportedRow {
  platform: "tiktok" | "facebook" | "youtube" | "zalo" | "other";
  figure: "impressions" | "views" | "viewers_peak" | "likes" | "comments" | "shares" | "new_followers";
  number: number;
  value: number | null;
  told: string;
  by_csv: boolean;
  entered_by_name: string;
  entered_at: string;
}

export interface CommentRow {
  comment_id: string;
  said_at: string;
  author: string;
  text: string;
  by_staff: boolean;
  source: string;
  state: "shown" | "hidden" | "held" | "restored" | "unheard";
}

export interface CommentPage {
  searched_to: string | null;
  comments: readonly CommentRow[];
  next_cursor: string | null;
}

export interface PinnedProduct {
  at: string;
  product_id: string;
  name: string;
}

export interface OrderBrief {
  code: string | null;
  placed_at: string;
  source: "page" | "comment";
  units: number;
  goods_vnd: number;
}

export interface MomentDetails {
  from_at: string;
  until_at: string;
  pinned: readonly PinnedProduct[];
  comments: CommentPage;
  orders_count: number;
  orders: readonly OrderBrief[];
}

export interface OfferMinute {
  minute_at: string;
  orders: number;
  units: number;
  revenue_vnd: number;
}

export interface OfferEnd {
  offer_id: string;
  ends_at: string | null;
  minutes: readonly OfferMinute[];
}

export interface OpenItem {
  kind: "calls" | "given_up" | "packing" | "on_the_way" | "transfers" | "collections" | "refunds";
  orders: number;
}

export interface SignedFigures {
  number: number;
  signed_at: string;
  last_seq: number;
  ladder_vnd: Readonly<Record<string, number>>;
}

export interface ClosingState {
  state: string;
  as_of: string;
  open: readonly OpenItem[];
  first: SignedFigures | null;
  newest: SignedFigures | null;
}

export interface EnteredFigure {
  platform: ImportedRow["platform"];
  figure: ImportedRow["figure"];
  value: number | null;
  told: string;
}

export interface RowError {
  row: number;
  column: "platform" | "figure" | "value" | "source" | "row";
  code: "head_missing" | "unknown" | "not_a_number" | "too_large" | "empty" | "too_long" | "twice" | "too_many";
  found: string;
}

export interface ImportPreview {
  figures: readonly EnteredFigure[];
  errors: readonly RowError[];
}

export interface ImportedView {
  figures: readonly ImportedRow[];
  history: readonly ImportedRow[];
}

export interface Report {
  session_id: string;
  title: string;
  state: string;
  organisation_name: string;
  host_name: string;
  started_at: string | null;
  ended_at: string | null;
  duration_seconds: number;
  as_of: string;
  measured_as_of: string;
  figures_are: "live" | "final";
  lost_seconds_at_most: number;
  headline: readonly HeadlineMetric[];
  ladder: readonly LadderStep[];
  shipping: Readonly<Record<string, number>>;
  products: readonly ProductRow[];
  producers: readonly ProducerRow[];
  communes: readonly CommuneRow[];
  offers: readonly OfferRow[];
  order_sources: readonly SourceRow[];
  without_goods: WithoutGoods;
  funnel: readonly FunnelStep[];
  buyers: BuyerFigures;
  step_minutes: number;
  minutes: readonly MinuteFigures[];
  markers: readonly Marker[];
  outside: readonly OutsideFigures[];
  imported: readonly ImportedRow[];
  moderation: ModerationFigures;
  reconciliation: Reconciliation;
}
