// What the API says about people (app/accounts/people_schemas.py), and what the server writes into their pages.

export type Role = "organiser" | "host" | "helper" | "desk" | "producer" | "auditor";

export interface Grant {
  role: Role;
  ward_code: number | null;
  session_id: string | null;
}

export interface Person {
  user_id: string;
  login: string;
  display_name: string;
  is_active: boolean;
  has_second_factor: boolean;
  signed_in_at: string | null;
  grants: readonly Grant[];
}

export interface Invitation {
  id: string;
  grant: Grant;
  note: string;
  created_at: string;
  expires_at: string;
}

export interface PeopleFacts {
  user_id: string;
  roles: readonly Role[];
  /** Names of communes in which somebody has a role, by code. */
  wards: Readonly<Record<number, string | null>>;
  sessions: readonly { id: string; title: string }[];
}

export interface SignIn {
  id: string;
  browser: string;
  network: string;
  created_at: string;
  expires_at: string;
  is_current: boolean;
}

export interface Account {
  sign_ins: readonly SignIn[];
  has_second_factor: boolean;
  token_actions: readonly string[];
}

export interface ApiToken {
  id: string;
  name: string;
  actions: readonly string[];
  created_at: string;
  expires_at: string;
  last_used_at: string | null;
}
