/** A partner's backend, with openapi-fetch, typed by openapi-typescript. */
import { strict as assert } from "node:assert";
import createClient from "openapi-fetch";
import type { paths } from "./connect.js";

const api = createClient<paths>({
  baseUrl: `${process.env.CONNECT}/api/v1`,
  headers: { Authorization: `Bearer ${process.env.SERVICE_TOKEN}` },
});
const externalId = process.env.EXTERNAL_ID ?? assert.fail("no EXTERNAL_ID");
const user = { "Connect-User": externalId };

// Invite the user, send their browser to the invitation, and complete the connect session.
const opened = await api.POST("/connect-sessions", {
  body: {
    external_id: externalId,
    return_url: "http://localhost:3000/connected",
    scopes: ["redis.list", "redis.create"],
  },
});
assert.equal(opened.data?.state, "open");
const back = new URL(await browse(opened.data.url)).searchParams;
const id = back.get("connect_session") ?? assert.fail("no connect session");
const session = { params: { path: { id } } };
assert.equal(id, opened.data.id);
assert.equal((await api.GET("/connect-sessions/{id}", session)).data?.state, "awaiting_completion");
const completed = await api.POST("/connect-sessions/{id}/complete", {
  ...session,
  body: { code: back.get("code") ?? "", external_id: externalId },
});
const grant = completed.data ?? assert.fail(completed.error?.code);
assert.equal(grant.state, "active");
assert.equal(grant.service.id, "self");

// A create needs an Idempotency-Key, and returns the same database for the same key.
const body = { name: "service", primary_region: "us-east-1" };
const without = await api.POST("/databases", { params: { header: user }, body });
assert.equal(without.error?.code, "idempotency_key_missing");
const params = { header: { ...user, "Idempotency-Key": "order-1" } };
const database = (await api.POST("/databases", { params, body })).data ?? assert.fail("no database");
assert.equal((await api.POST("/databases", { params, body })).data?.id, database.id);

for (const header of [user, { "Connect-Grant": grant.id }]) {
  const list = await api.GET("/databases", { params: { header } });
  assert.deepEqual(
    list.data?.databases.map((found) => found.id),
    [database.id],
  );
}
const path = { id: database.id };
const refused = await api.GET("/databases/{id}/credentials", { params: { path, header: user } });
assert.equal(refused.error?.code, "insufficient_scope");

// Without the grant, the service can no longer act for the user.
const grants = await api.GET("/grants", { params: { query: { external_id: externalId } } });
assert.deepEqual(
  grants.data?.grants.map((found) => found.id),
  [grant.id],
);
const revoked = await api.DELETE("/grants/{id}", { params: { path: { id: grant.id } } });
assert.equal(revoked.response.status, 204);
const after = await api.GET("/databases", { params: { header: user } });
assert.equal(after.error?.code, "grant_required");
console.log(database.id);

/** Makes the user's browser open a URL, and returns its final URL. */
async function browse(address: string): Promise<string> {
  const browser = process.env.BROWSER ?? assert.fail("no BROWSER");
  return (await fetch(browser, { method: "POST", body: address })).text();
}
