/** The complete journey with the client that @hey-api/openapi-ts generates. */
import { strict as assert } from "node:assert";
import { client } from "./connect/client.gen.js";
import type { Problem } from "./connect/index.js";
import {
  connect,
  createDatabase,
  disconnect,
  getDatabase,
  getDatabaseCredentials,
  listDatabases,
} from "./connect/index.js";

client.setConfig({ baseUrl: `${process.env.CONNECT}/api/v1`, auth: () => process.env.TOKEN });

const connected = await connect({ body: {} });
assert.equal(connected.response?.status, 201);
assert.equal(connected.data?.state, "active");
assert.equal(typeof connected.data.connected_at, "string");

const wanted = {
  headers: { "Idempotency-Key": "journey-1" },
  body: { name: "journey", primary_region: "us-east-1", read_regions: ["us-west-1"] },
};
const first = await createDatabase(wanted);
assert.equal(first.response?.status, 201);
assert.equal(first.response.headers.get("Idempotent-Replayed"), null);
const again = await createDatabase(wanted);
assert.equal(again.response?.headers.get("Idempotent-Replayed"), "true");
assert.deepEqual(again.data, first.data);
const { id, name, read_regions, created_at } = first.data ?? assert.fail("no database");
assert.equal(name, "journey");
assert.deepEqual(read_regions, ["us-west-1"]);
assert.ok(created_at !== null && !Number.isNaN(Date.parse(created_at)));

const list = await listDatabases();
assert.deepEqual(
  list.data?.databases.map((database) => database.id),
  [id],
);
const one = await getDatabase({ path: { id } });
assert.equal(one.data?.endpoint, first.data?.endpoint);
const { data: credentials } = await getDatabaseCredentials({ path: { id } });
assert.equal(credentials?.endpoint, first.data?.endpoint);
assert.ok(credentials?.password && credentials.rest_token && credentials.read_only_rest_token);

const refused = await createDatabase({ body: { name: "journey", primary_region: "atlantis-1" } });
const problem: Problem = refused.error ?? assert.fail("no problem");
assert.equal(refused.data, undefined);
assert.equal(problem.status, 422);
assert.equal(problem.code, "validation_failed");
assert.deepEqual(
  problem.errors?.map((fault) => fault.pointer),
  ["/primary_region"],
);

const disconnected = await disconnect();
assert.equal(disconnected.data?.manual_action_required, true);
assert.equal(disconnected.data.leftover_keys.length, 1);
const after = await listDatabases();
assert.equal(after.error?.code, "connect_required");
console.log(id);
