// Producers, products and pictures as the API gives them; tests/web/test_goods_types.py compares the fields with app/catalog/schemas.py.

export type ListingItem =
  | "name" | "producer" | "origin" | "ingredients" | "net_weight" | "shelf_life" | "storage" | "usage" | "warning"
  | "responsible" | "certificate" | "pictures" | "story";

export interface PictureSource {
  width: number;
  height: number;
  avif: string;
  webp: string;
  jpeg: string;
}

export interface PictureView {
  path: string;
  alt: string;
  picture_id: string | null;
  sources: PictureSource[];
}

export interface LabelFacts {
  origin: string;
  ingredients: string;
  net_weight: string;
  shelf_life: string;
  storage: string;
  usage: string;
  warning: string;
  responsible_name: string;
  responsible_address: string;
  standard_number: string;
}

export interface Completeness {
  score: number;
  missing: ListingItem[];
}

export interface ProductDetails {
  producer_id: string;
  name: string;
  story: string;
  price_vnd: number;
  unit: string;
  weight_grams: number;
  ocop_stars: number | null;
  certificate_number: string | null;
  certified_on: string | null;
  certificate_expires_on: string | null;
  is_active: boolean;
  code: string | null;
  category: string | null;
  is_alcohol: boolean;
  story_video_url: string | null;
  label: LabelFacts;
  id: string;
  producer_name: string;
  pictures: PictureView[];
  completeness: Completeness;
  certificate_state: "none" | "not_yet" | "valid" | "lapsing" | "lapsed";
  certificate_days_left: number | null;
}

export interface ProducerView {
  name: string;
  kind: string;
  tax_code: string | null;
  story: string;
  province_code: number;
  commune_code: number;
  id: string;
  province_name: string;
  commune_name: string;
}

export interface LoginView {
  user_id: string;
  login: string;
  display_name: string;
  is_active: boolean;
}
