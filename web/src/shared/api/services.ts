/** The wire types of services and grants, /api/v1. */
import type { Disconnection } from "./types";

/** Which databases of the account are covered, from the narrowest to the widest. */
export type Reach = "selected" | "created" | "all";

/** What may be done, and how much of it. */
export interface Policy {
  scopes: string[];
  databases: Reach;
  /** null: every region. */
  regions: string[] | null;
  /** null: every plan. */
  plans: string[] | null;
  /** How many databases may be created; 0: no bound. */
  max_databases: number;
  /** Of all created databases together; 0: no bound. */
  max_budget: number;
}

export interface TransactionService {
  id: string;
  name: string;
  /** The operator's own service, which has the name of this application. */
  built_in: boolean;
  /** The host that the browser goes back to. */
  return_host: string;
}

/** The browser's side of a connect session: who asks for what, and for which account. */
export interface Transaction {
  id: string;
  state: string;
  service: TransactionService;
  /** What the service calls the user. */
  display_name: string;
  login_hint: string;
  /** The service only needs the account to be logged in again. */
  reconnect: boolean;
  asked: Policy;
  /** The account that the user chose, once there is one. */
  account: { connection_id: string; email: string } | null;
  expires_at: string;
}

/** What the user allows: what was asked, or less. */
export interface Approval extends Partial<Policy> {
  connection_id: string;
}

/** Where the browser goes when the user has decided. */
export interface Departure {
  return_url: string;
}

export type GrantState = "active" | "paused" | "revoked";

/** One service's permission to act for one user. */
export interface Grant extends Policy {
  id: string;
  service: { id: string; name: string };
  external_id: string;
  display_name: string;
  state: GrantState;
  /** The databases that the service created or the user selected. */
  database_ids: string[];
  account: { email: string };
  created_at: string;
  revoked_at: string | null;
  /** user, service, operator, disconnect or replaced; empty while it stands. */
  revoked_by: string;
  last_used_at: string | null;
  /** A scope; empty until it was used. */
  last_used_for: string;
}

/** Something that happened to the connection, or was done with it. */
export interface ConnectionEvent {
  at: string;
  action: string;
  detail: string;
  actor: { kind: string; id: string; name: string };
  grant_id: string;
  request_id: string;
  address: string;
}

/** What is left after a disconnect. An older server does not say how many grants ended. */
export type DisconnectionOfServices = Disconnection & { ended_grants?: number };
