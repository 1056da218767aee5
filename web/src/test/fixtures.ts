import type { ConnectionEvent, Grant, Policy, Transaction } from "@/shared/api/services";
import type { Catalog, Config, Connection, Credentials, Database, Session } from "@/shared/api/types";

export const config: Config = {
  issuer: "http://localhost:8081/",
  client_id: "spa",
  audience: "upstash-api",
  scope: "openid email",
  app_name: "ACME",
  sandbox: true,
  console_url: "http://127.0.0.1:8082/console/account/api",
};

export const connection: Connection = {
  id: "con-1",
  state: "active",
  email: "demo@example.com",
  connected_at: "2026-11-01T10:00:00Z",
  key_name: "ACME_API_KEY_1_abc",
  leftover_keys: [],
};

export function session(changes: Partial<Connection> = {}): Session {
  return {
    connection: { ...connection, ...changes },
    idle_until: "2026-11-22T12:00:00Z",
    expires_at: "2026-11-23T12:00:00Z",
  };
}

export const database: Database = {
  id: "db-1",
  name: "orders",
  state: "active",
  plan: "payg",
  platform: "aws",
  primary_region: "us-east-1",
  read_regions: [],
  endpoint: "eager-owl-1.upstash.io",
  port: 6379,
  tls: true,
  rest_url: "https://eager-owl-1.upstash.io",
  created_at: "2026-11-20T10:00:00Z",
};

export const credentials: Credentials = {
  endpoint: "eager-owl-1.upstash.io",
  port: 6379,
  tls: true,
  password: "pa'ss/w?rd",
  rest_url: "https://eager-owl-1.upstash.io",
  rest_token: "full-token",
  read_only_rest_token: "read-token",
};

export const catalog: Catalog = {
  operations: [
    { name: "redis.list", effect: "read", fresh_login: false },
    { name: "redis.get", effect: "read", fresh_login: false },
    { name: "redis.create", effect: "create", fresh_login: false },
    { name: "redis.credentials", effect: "reveal", fresh_login: false },
  ],
  platforms: [
    { id: "aws", label: "AWS" },
    { id: "gcp", label: "Google Cloud" },
  ],
  regions: [
    { id: "us-east-1", label: "US East (N. Virginia)", platform: "aws", read_replica: true },
    { id: "eu-west-1", label: "Europe (Ireland)", platform: "aws", read_replica: true },
    { id: "af-south-1", label: "Africa (Cape Town)", platform: "aws", read_replica: false },
    { id: "us-central1", label: "US Central (Iowa)", platform: "gcp", read_replica: false },
  ],
  plans: [
    { id: "free", label: "Free" },
    { id: "payg", label: "Pay as you go" },
  ],
};

export const policy: Policy = {
  scopes: ["redis.list", "redis.create", "redis.credentials"],
  databases: "all",
  regions: ["us-east-1", "eu-west-1"],
  plans: null,
  max_databases: 5,
  max_budget: 200,
};

export function transaction(changes: Partial<Transaction> = {}): Transaction {
  return {
    id: "cs_1",
    state: "authenticating",
    service: { id: "deploys", name: "Deploys", built_in: false, return_host: "deploys.example" },
    display_name: "Jane at Deploys",
    login_hint: "",
    select: "",
    reconnect: false,
    asked: policy,
    account: null,
    expires_at: "2026-11-28T12:30:00Z",
    ...changes,
  };
}

export function grant(changes: Partial<Grant> = {}): Grant {
  return {
    ...policy,
    id: "grt_1",
    service: { id: "deploys", name: "Deploys" },
    external_id: "user-42",
    display_name: "Jane at Deploys",
    state: "active",
    database_ids: ["db-1", "db-2"],
    account: { email: "demo@example.com" },
    created_at: "2026-11-20T10:00:00Z",
    revoked_at: null,
    revoked_by: "",
    last_used_at: "2026-11-27T09:30:00Z",
    last_used_for: "redis.create",
    ...changes,
  };
}

export function connectionEvent(changes: Partial<ConnectionEvent> = {}): ConnectionEvent {
  return {
    at: "2026-11-27T09:30:00Z",
    action: "database_created",
    detail: "",
    actor: { kind: "service", id: "deploys", name: "Deploys" },
    grant_id: "grt_1",
    request_id: "req-7",
    address: "203.0.113.7",
    times: 1,
    last_at: "2026-11-27T09:30:00Z",
    ...changes,
  };
}
