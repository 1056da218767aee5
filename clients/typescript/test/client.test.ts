import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { inspect } from "node:util";
import { Webhook } from "standardwebhooks";
import { createClient, ProblemError } from "../src/index.ts";
import { parseWebhook } from "../src/webhook.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const stops: (() => void)[] = [];
after(() => {
  for (const stop of stops) stop();
});

/** A server that gives its answers in turn, and repeats the last. */
async function answers(...all: Answer[]): Promise<{ url: string; calls: () => number }> {
  let calls = 0;
  const server = createServer((request, response) => all[Math.min(calls++, all.length - 1)]?.(request, response));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  stops.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls: () => calls };
}

const problem =
  (status: number, code: string, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    response
      .writeHead(status, { "Content-Type": "application/problem+json", ...headers })
      .end(JSON.stringify({ type: "", title: code, status, instance: "/", code, request_id: "r-1" }));

const fine: Answer = (_, response) =>
  response.writeHead(200, { "Content-Type": "application/json" }).end('{"databases":[]}');

const token = "upc_hunter2";

test("a problem is an error with its code", async () => {
  const { url } = await answers(problem(409, "grant_required"));
  const error = await createClient({ url, token }).forUser("user_4711").listDatabases().catch((e) => e);
  assert.ok(error instanceof ProblemError);
  assert.deepEqual([error.code, error.status, error.requestId], ["grant_required", 409, "r-1"]);
  assert.ok(!inspect(error).includes("hunter2"));
});

test("only what can be repeated is repeated, and only when the server asks", async () => {
  const rows: [string, (c: ReturnType<typeof createClient>) => Promise<unknown>, Answer, number][] = [
    ["a read", (c) => c.forUser("u").listDatabases(), problem(429, "rate_limited", { "Retry-After": "1" }), 2],
    [
      "a create with a key",
      (c) => c.forUser("u").createDatabase({ name: "a", primary_region: "us-east-1" }, "key"),
      problem(504, "outcome_uncertain", { "Retry-After": "0" }),
      2,
    ],
    ["a read after a long time", (c) => c.forUser("u").listDatabases(), problem(429, "x", { "Retry-After": "3600" }), 1],
    ["a call without a key", (c) => c.openConnectSession({ external_id: "u" }), problem(503, "x", { "Retry-After": "0" }), 1],
    ["a rejected read", (c) => c.forUser("u").listDatabases(), problem(409, "x", { "Retry-After": "0" }), 1],
  ];
  for (const [name, call, first, calls] of rows) {
    const server = await answers(first, fine);
    const failed = await call(createClient({ url: server.url, token })).then(
      () => false,
      () => true,
    );
    assert.equal(server.calls(), calls, name);
    assert.equal(failed, calls === 1, name);
  }
});

test("the user is named, and the token goes nowhere else", async () => {
  const seen: IncomingMessage["headers"][] = [];
  const { url } = await answers((request, response) => {
    seen.push(request.headers);
    fine(request, response);
  });
  const client = createClient({ url, token });
  await client.forUser("user_4711").listDatabases();
  await client.forGrant("grt_1").listDatabases();
  assert.equal(seen[0]?.["connect-user"], "user_4711");
  assert.equal(seen[1]?.["connect-grant"], "grt_1");
  assert.equal(seen[0]?.authorization, `Bearer ${token}`);

  const elsewhere = await answers(fine);
  const redirects = await answers((_, response) => response.writeHead(307, { Location: elsewhere.url }).end());
  await assert.rejects(createClient({ url: redirects.url, token }).forUser("u").listDatabases());
  assert.equal(elsewhere.calls(), 0);

  assert.ok(!inspect(client).includes("hunter2") && !JSON.stringify(client).includes("hunter2"));
});

test("only https, except on loopback", () => {
  for (const url of ["http://connect.example.com", "http://127.evil.example.com", "ftp://localhost", "https://u@example.com", "https://example.com?a=b", ""]) {
    assert.throws(() => createClient({ url, token }), url);
  }
  for (const url of ["https://connect.example.com", "https://example.com/connect/", "http://localhost:1"]) {
    createClient({ url, token });
  }
  assert.throws(() => createClient({ url: "https://connect.example.com", token: " " }));
  for (const bad of ["upc_hunter2\nupc_2", "upc_hunter2 x"]) {
    assert.throws(
      () => createClient({ url: "https://connect.example.com", token: bad }),
      (error) => !inspect(error).includes("hunter2"),
    );
  }
});

test("another server's page is no problem of this one", async () => {
  const { url } = await answers((_, response) => response.writeHead(502, { "Content-Type": "text/html" }).end("<h1>"));
  const error = await createClient({ url, token }).forUser("u").listDatabases().catch((e) => e);
  assert.ok(error instanceof Error && !(error instanceof ProblemError));
});

test("webhooks are verified, with either secret of a rotation", () => {
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  const body = JSON.stringify({ id: "evt_1", type: "grant.created", data: { sequence: 1 } });
  const now = new Date();
  const headers = {
    "webhook-id": "evt_1",
    "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign("evt_1", now, body),
  };
  assert.equal(parseWebhook(secret, headers, body).type, "grant.created");
  assert.equal(parseWebhook(`${other}\n${secret}\n`, new Headers(headers), body).id, "evt_1");
  assert.throws(() => parseWebhook(other, headers, body));
  assert.throws(() => parseWebhook(secret, headers, `${body} `));
  assert.throws(() => parseWebhook("", headers, body));
});
