/** The wire types of our own server, /api/v1. Field names are the wire's. */

export interface Config {
  issuer: string;
  client_id: string;
  audience: string;
  scope: string;
  app_name: string;
  sandbox: boolean;
}

export interface LeftoverKey {
  name: string;
  state: "uncertain" | "left_behind";
  since: string;
  console_url: string;
}

export type ConnectionState = "pending" | "active" | "suspect" | "reconnect_required" | "disconnected";

export interface Connection {
  id: string;
  state: ConnectionState;
  email: string;
  connected_at: string;
  key_name: string;
  leftover_keys: LeftoverKey[];
}

export interface Session {
  connection: Connection;
  idle_until: string;
  expires_at: string;
}

export interface Disconnection {
  manual_action_required: boolean;
  leftover_keys: LeftoverKey[];
}

export interface Database {
  id: string;
  name: string;
  /** Only "active" is connectable; states unknown to us may appear. */
  state: string;
  plan: string;
  platform: string;
  primary_region: string;
  read_regions: string[];
  endpoint: string;
  port: number;
  tls: boolean;
  rest_url: string;
  created_at: string;
}

export interface CreateDatabase {
  name: string;
  primary_region: string;
  read_regions: string[];
  platform?: string;
  plan?: string;
}

export interface Credentials {
  endpoint: string;
  port: number;
  tls: boolean;
  password: string;
  rest_url: string;
  rest_token: string;
  read_only_rest_token: string;
}

export interface Region {
  id: string;
  label: string;
  platform: string;
  read_replica: boolean;
}

export interface Choice {
  id: string;
  label: string;
}

export interface Catalog {
  platforms: Choice[];
  regions: Region[];
  plans: Choice[];
}

export interface FieldFault {
  pointer: string;
  detail: string;
}

/** RFC 9457 problem document, with our extension members. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: string;
  request_id: string;
  errors?: FieldFault[];
  leftover_keys?: LeftoverKey[];
}
