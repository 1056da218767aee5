/** A partner's backend, with the client that @hey-api/openapi-ts generates. */
import { strict as assert } from "node:assert";
import { client } from "./connect/client.gen.js";
import {
  completeConnectSession,
  createDatabase,
  getConnectSession,
  getDatabaseCredentials,
  listDatabases,
  listGrants,
  openConnectSession,
  revokeGrant,
} from "./connect/index.js";

client.setConfig({ baseUrl: `${process.env.CONNECT}/api/v1`, auth: () => process.env.SERVICE_TOKEN });
const externalId = process.env.EXTERNAL_ID ?? assert.fail("no EXTERNAL_ID");
const user = { "Connect-User": externalId };

// Invite the user, send their browser to the invitation, and complete the connect session.
const opened = await openConnectSession({
  body: {
    external_id: externalId,
    return_url: "http://localhost:3000/connected",
    scopes: ["redis.list", "redis.create"],
  },
});
assert.equal(opened.data?.state, "open");
const back = new URL(await browse(opened.data.url)).searchParams;
const id = back.get("connect_session") ?? assert.fail("no connect session");
assert.equal(id, opened.data.id);
assert.equal((await getConnectSession({ path: { id } })).data?.state, "awaiting_completion");
const completed = await completeConnectSession({
  path: { id },
  body: { code: back.get("code") ?? "", external_id: externalId },
});
const grant = completed.data ?? assert.fail(completed.error?.code);
assert.equal(grant.state, "active");
assert.equal(grant.service.id, "self");

// A create needs an Idempotency-Key, and returns the same database for the same key.
const body = { name: "service", primary_region: "us-east-1" };
const without = await createDatabase({ headers: user, body });
assert.equal(without.error?.code, "idempotency_key_missing");
const headers = { ...user, "Idempotency-Key": "order-1" };
const database = (await createDatabase({ headers, body })).data ?? assert.fail("no database");
assert.equal((await createDatabase({ headers, body })).data?.id, database.id);

for (const headers of [user, { "Connect-Grant": grant.id }]) {
  const list = await listDatabases({ headers });
  assert.deepEqual(
    list.data?.databases.map((found) => found.id),
    [database.id],
  );
}
const refused = await getDatabaseCredentials({ path: { id: database.id }, headers: user });
assert.equal(refused.error?.code, "insufficient_scope");

// Without the grant, the service can no longer act for the user.
const grants = await listGrants({ query: { external_id: externalId } });
assert.deepEqual(
  grants.data?.grants.map((found) => found.id),
  [grant.id],
);
assert.equal((await revokeGrant({ path: { id: grant.id } })).response?.status, 204);
const after = await listDatabases({ headers: user });
assert.equal(after.error?.code, "grant_required");
console.log(database.id);

/** Makes the user's browser open a URL, and returns its final URL. */
async function browse(address: string): Promise<string> {
  const browser = process.env.BROWSER ?? assert.fail("no BROWSER");
  return (await fetch(browser, { method: "POST", body: address })).text();
}
