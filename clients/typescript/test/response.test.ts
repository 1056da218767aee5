import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { createClient, ProblemError, ResponseError } from "../src/index.ts";
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

test("a revocation succeeds with 204, and with an object", async () => {
  for (const answer of [says(204, ""), says(200, '{"id":"grt_1"}')]) {
    const { url } = await answers(answer);
    await revoke(createClient({ url, token }));
  }
});

test("a connection that fails is no response", async () => {
  const cut: Answer = (request) => request.socket.destroy();
  const { url } = await answers(cut);
  const error = await list(createClient({ url, token })).catch((e) => e);
  assert.ok(error instanceof Error && !(error instanceof ResponseError) && !(error instanceof ProblemError));
});
