import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import { format, inspect } from "node:util";
import { Webhook } from "standardwebhooks";
import { createClient, type KnownCode, type ProblemCode, ProblemError } from "../src/index.ts";
import { parseWebhook } from "../src/webhook.ts";
import { answers, fine, problem, token } from "./server.ts";

test("a problem is an error with its code", async () => {
  const { url } = await answers(problem(409, "grant_required"));
  const error = await createClient({ url, token }).forUser("user_4711").listDatabases().catch((e) => e);
  assert.ok(error instanceof ProblemError);
  assert.deepEqual([error.code, error.status, error.requestId], ["grant_required", 409, "r-1"]);
  assert.ok(!inspect(error).includes("hunter2"));
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
});

test("no way to print a client shows its token", () => {
  const client = createClient({ url: "https://connect.example.com", token });
  for (const value of [client, client.forUser("user_4711"), { client }, [client]]) {
    const everything = { showHidden: true, customInspect: false, depth: Number.POSITIVE_INFINITY };
    const texts = [inspect(value), inspect(value, everything), JSON.stringify(value), format("%s %o %O %j", ...Array(4).fill(value))];
    for (const text of texts) assert.ok(!text.includes("hunter2"), text);
  }
  const reachable = (value: object): unknown[] =>
    Reflect.ownKeys(value).flatMap((key) => {
      const part: unknown = Reflect.get(value, key);
      return typeof part === "object" && part !== null ? reachable(part) : [part];
    });
  assert.ok(reachable(client).every((part) => part !== token && part !== `Bearer ${token}`));
  assert.equal(inspect(client), "Client(https://connect.example.com)");
  assert.equal(JSON.stringify(client), '{"url":"https://connect.example.com"}');
});

test("the known codes are typed, and the list is open", async () => {
  const known: KnownCode = "grant_required";
  const later: ProblemCode = "a_code_of_a_later_server";
  // @ts-expect-error: a misspelt code is not a known one
  const misspelt: KnownCode = "grant_requird";
  assert.equal(new Set<ProblemCode>([known, later, misspelt]).size, 3);

  const { url } = await answers(problem(409, later));
  const error = await createClient({ url, token }).listGrants().catch((e) => e);
  assert.equal(error instanceof ProblemError && error.code, later);
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
