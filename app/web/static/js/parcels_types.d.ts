// Parcels as the API gives them; tests/web/test_parcels_types.py compares the fields with app/parcels/schemas.py.

export type State = "open" | "packed" | "handed_over" | "dissolved";
export type Look = "order_changed" | "order_over";

export interface Receiver {
  name: string | null;
  phone: string | null;
  street: string | null;
  ward_name: string | null;
  province_name: string | null;
  note: string | null;
}

export interface OrderInParcel {
  order_id: string;
  session_id: string;
  session_title: string;
  code: string;
  placed_at_ms: number;
  owed_vnd: number;
  carries_cod: boolean;
}

export interface GoodsInParcel {
  product_name: string;
  unit: string;
  quantity: number;
}

export interface ProposedParcel {
  producer_id: string | null;
  producer_name: string | null;
  goods: readonly GoodsInParcel[];
  units: number;
  weight_grams: number;
  value_vnd: number;
  cod_vnd: number;
}

export interface ProposedGroup {
  orders: readonly OrderInParcel[];
  receiver: Receiver;
  parcels: readonly ProposedParcel[];
}

export interface OrderLeft {
  order_id: string;
  code: string;
  problem: "order_not_found" | "order_not_ready" | "already_in_parcel" | "receiver_erased";
}

export interface ParcelPreview {
  groups: readonly ProposedGroup[];
  parcels: number;
  left: readonly OrderLeft[];
  more: boolean;
}

export interface MadeParcels {
  batch_id: string;
  parcel_ids: readonly string[];
  left: readonly OrderLeft[];
}

export interface ParcelRow {
  parcel_id: string;
  code: string;
  state: State;
  looks_at: Look | null;
  producer_id: string | null;
  producer_name: string | null;
  order_codes: readonly string[];
  receiver: Receiver;
  units: number;
  packed_units: number;
  weight_grams: number;
  is_weighed: boolean;
  length_cm: number | null;
  width_cm: number | null;
  height_cm: number | null;
  value_vnd: number;
  cod_vnd: number;
  carrier: string | null;
  tracking_code: string | null;
  tracking_state: string | null;
  made_at_ms: number;
  packed_at_ms: number | null;
  handed_over_at_ms: number | null;
}

export interface ParcelLineView {
  order_id: string;
  order_code: string;
  sold_by: string;
  product_id: string;
  product_name: string;
  product_code: string;
  unit: string;
  quantity: number;
  packed: number;
}

export interface ParcelView extends ParcelRow {
  orders: readonly OrderInParcel[];
  lines: readonly ParcelLineView[];
  receivers_differ: boolean;
}

export interface SplitResult {
  parcel: ParcelView;
  other: ParcelView;
}

export interface ParcelHandedOver {
  parcel_id: string;
  code: string;
  problem: "not_found" | "not_packed" | "needs_look" | "gone" | null;
}

export interface HandedOver {
  parcels: readonly ParcelHandedOver[];
  fits: number;
  mark: string | null;
  until_ms: number | null;
}

export interface HandOversUndone {
  undone: number;
  too_late: number;
}

export interface ParcelPage {
  parcels: readonly ParcelRow[];
  next_cursor: string | null;
}

export interface ParcelCounts {
  open: number;
  packed: number;
  handed_over: number;
  looks: number;
  waiting_orders: number;
  packed_by: "organisation" | "producer";
}

export interface PickedProduct {
  product_id: string;
  product_name: string;
  product_code: string;
  unit: string;
  quantity: number;
  parcels: number;
}

export interface ProducerPicks {
  producer_id: string;
  producer_name: string;
  products: readonly PickedProduct[];
}

export interface PickList {
  producers: readonly ProducerPicks[];
  units: number;
}

/** What the browser has where it reads codes by itself. */
export interface CodeReader {
  detect(source: HTMLVideoElement): Promise<readonly { rawValue: string }[]>;
}
