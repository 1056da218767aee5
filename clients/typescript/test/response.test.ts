import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { ActingClient, Client, createClient, ProblemError, ResponseError } from "../src/index.ts";
import { type Answer, answers, says, token } from "./server.ts";

type Call = (client: ReturnType<typeof createClient>) => Promise<unknown>;
const list: Call = (client) => client.forUser("u").listDatabases();
const revoke: Call = (client) => client.revokeGrant("grt_1");

test("a response of another program is a ResponseError with its status, and nothing of its body", async () => {
  const page = "<h1>Log in to the hotel</h1>";
  const rows: [string, Call, number, string][] = [
    ["a page, for a revocation", revoke, 200, page],
    ["no body, for a revocation", revoke, 200, ""],
    ["a text, for a revocation", revoke, 202, '"hotel"'],
    ["half an object, for a revocation", revoke, 200, '{"hotel"'],
    ["a page, for a list", list, 200, page],
    ["no body, for a list", list, 200, ""],
    ["no body and status 204, for a list", list, 204, ""],
    ["null, for a list", list, 200, "null"],
    ["an object without the list", list, 200, '{"status":"hotel"}'],
    ["a list that is null", list, 200, '{"databases":null}'],
    ["a list that is a text", list, 200, '{"databases":"hotel"}'],
    ["an object, for a revocation", revoke, 200, '{"status":"hotel"}'],
    ["an empty object, for a revocation", revoke, 200, "{}"],
    ["accepted, for a revocation", revoke, 202, ""],
    ["a page of a proxy", list, 502, page],
    ["a page of a proxy, for a revocation", revoke, 404, page],
  ];
  for (const [name, call, status, body] of rows) {
    const { url } = await answers(says(status, body));
    const error = await call(createClient({ url, token })).catch((e) => e);
    assert.ok(error instanceof ResponseError && !(error instanceof ProblemError), `${name}: ${inspect(error)}`);
    assert.equal(error.status, status, name);
    assert.ok(!/hotel|hunter2/.test(inspect(error)), name);
  }
});

test("a revocation succeeds without a body", async () => {
  const { url } = await answers(says(204, ""));
  await revoke(createClient({ url, token }));
});

test("no call takes the JSON of another program for an answer of the API", async () => {
  const calls: Record<string, Call> = {
    openConnectSession: (client) => client.openConnectSession({ external_id: "u" }),
    getConnectSession: (client) => client.getConnectSession("cs_1"),
    completeConnectSession: (client) => client.completeConnectSession("cs_1", "ucc_1", "u"),
    listGrants: (client) => client.listGrants("u"),
    getGrant: (client) => client.getGrant("grt_1"),
    narrowGrant: (client) => client.narrowGrant("grt_1", { scopes: ["redis.list"] }),
    revokeGrant: revoke,
    listEvents: (client) => client.listEvents(),
    listDatabases: list,
    getDatabase: (client) => client.forUser("u").getDatabase("d"),
    createDatabase: (client) =>
      client.forUser("u").createDatabase({ name: "orders", primary_region: "us-east-1" }, "order-1"),
    getDatabaseCredentials: (client) => client.forUser("u").getDatabaseCredentials("d"),
    getCatalog: (client) => client.forUser("u").getCatalog(),
  };
  const methods = [Client, ActingClient].flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype));
  const others = ["constructor", "forUser", "forGrant", "toJSON"];
  assert.deepEqual(Object.keys(calls).sort(), methods.filter((name) => !others.includes(name)).sort());
  const bodies = [
    "{}",
    '{"status":"maintenance"}',
    '{"id":"request-1","message":"maintenance"}',
    '{"id":null,"url":null,"name":null,"state":null,"grants":null,"databases":null,"operations":null,"events":null}',
  ];
  for (const body of bodies) {
    const { url } = await answers(says(200, body));
    for (const [name, call] of Object.entries(calls)) {
      const result = await call(createClient({ url, token })).catch((e) => e);
      assert.ok(result instanceof ResponseError && result.status === 200, `${name}, ${body}: ${inspect(result)}`);
    }
  }
});

test("a connection that fails is no response", async () => {
  const cut: Answer = (request) => request.socket.destroy();
  const { url } = await answers(cut);
  const error = await list(createClient({ url, token })).catch((e) => e);
  assert.ok(error instanceof Error && !(error instanceof ResponseError) && !(error instanceof ProblemError));
});
