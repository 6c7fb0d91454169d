// Carriers as the API gives them; tests/web/test_desk_types.py compares the fields with app/carriers/schemas.py.

export type ColumnField =
  | "fixed" | "parcel_code" | "receiver_name" | "phone" | "address_line" | "street" | "ward" | "province" | "old_district" | "old_province"
  | "weight_grams" | "length_cm" | "width_cm" | "height_cm" | "cod_vnd" | "value_vnd" | "content" | "quantity" | "note";
export type CarrierState = "handed_over" | "delivering" | "delivered" | "failed" | "returning" | "returned";
export type TrackingFact = "parcel_code" | "tracking_code" | "state" | "time" | "collected";
export type CarrierKey = "ghn" | "ghtk" | "other";

export interface Column {
  head: string;
  field: ColumnField;
  fixed: string;
}

export interface FileColumns {
  kind: "file";
  columns: readonly Column[];
  cod_max_vnd: number | null;
  weight_max_grams: number | null;
}

export interface TrackingColumns {
  kind: "tracking";
  heads: Readonly<Partial<Record<TrackingFact, string>>>;
  states: Readonly<Record<string, CarrierState>>;
}

export interface Mapping {
  mapping_id: string;
  version: number;
  name: string;
  carrier: CarrierKey;
  content: FileColumns | TrackingColumns;
  is_ready: boolean;
  made_by: string | null;
  made_at_ms: number | null;
}

export interface UnfitParcel {
  parcel_id: string;
  code: string;
  problems: readonly string[];
  stays_out: boolean;
}

export interface CarrierFilePreview {
  heads: readonly string[];
  rows: readonly (readonly (string | number)[])[];
  fitting: number;
  unfit: readonly UnfitParcel[];
}

export interface MadeFile {
  file_id: string;
  mapping_name: string;
  mapping_version: number;
  form: "xlsx" | "csv";
  parcels: number;
  made_by: string;
  made_at_ms: number;
}

export interface SendableParcel {
  parcel_id: string;
  code: string;
  state: string;
  receiver: string;
  place: string;
  cod_vnd: number;
  weight_grams: number;
  carrier: string | null;
  tracking_code: string | null;
  tracking_state: CarrierState | null;
  api_state: "asked" | "taken" | "refused" | "cancelled" | null;
  api_words: string | null;
  fee_vnd: number | null;
}

export interface ReportRow {
  line: number;
  fate: string;
  parcel_code: string;
  tracking_code: string;
  words: string;
  state: CarrierState | null;
  happened_at_ms: number | null;
  collected_vnd: number | null;
}

export interface ReportPreview {
  heads: readonly string[];
  counts: Readonly<Record<string, number>>;
  rows: readonly ReportRow[];
}

export interface ReportOutcome {
  counts: Readonly<Record<string, number>>;
  waiting: number;
  is_whole: boolean;
}

export interface CarrierWorkItem {
  event_id: string;
  problem: string;
  parcel_code: string;
  tracking_code: string;
  words: string;
  state: CarrierState | null;
  happened_at_ms: number | null;
  collected_vnd: number | null;
  noted_at_ms: number;
}

export interface CarrierWorkList {
  items: readonly CarrierWorkItem[];
  more: boolean;
}

export interface Pickup {
  name: string;
  phone: string;
  address: string;
  province: string;
  district: string;
  ward: string;
}

export interface CarrierAccount {
  carrier: "ghtk";
  pickup: Pickup;
  notice_path: string;
  made_by: string;
  made_at_ms: number;
  heard_at_ms: number | null;
}

export interface ConnectedAccount {
  account: CarrierAccount;
  notice_secret: string | null;
}

export interface CarrierAnswer {
  parcel_id: string;
  code: string;
  state: "taken" | "refused" | "unknown" | "cancelled" | "unfit" | "waiting" | "priced";
  tracking_code: string | null;
  fee_vnd: number | null;
  words: string;
  problems: readonly string[];
}
