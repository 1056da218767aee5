import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createClient, maxRetryAfter, ProblemError } from "../src/index.ts";
import { type Answer, answers, fine, problem, says, token } from "./server.ts";

test('only what can be repeated is repeated, and only after a status that says "later"', async () => {
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
    ["a read without a time", (c) => c.forUser("u").listDatabases(), problem(503, "x"), 2],
    ["a read of a proxy", (c) => c.forUser("u").listDatabases(), says(503, "busy"), 2],
    [
      "a read after more than 2^64 s",
      (c) => c.forUser("u").listDatabases(),
      problem(429, "x", { "Retry-After": "99999999999999999999" }),
      1,
    ],
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

test("a caller that waits for retryAfter never comes too early", async () => {
  const hour = new Date(Date.now() + 3_600_000);
  const [day, date, month, year, time] = hour.toUTCString().split(/[ ,]+/);
  const weekday = hour.toLocaleDateString("en", { weekday: "long", timeZone: "UTC" });
  const rows: [string, number | undefined][] = [
    ["0", 0],
    ["90", 90],
    ["604801", maxRetryAfter],
    ["2147483648", maxRetryAfter],
    ["9".repeat(400), maxRetryAfter],
    ["-1", undefined],
    ["1.5", undefined],
    ["soon", undefined],
    [hour.toUTCString(), 3600],
    [`${weekday}, ${date}-${month}-${year?.slice(2)} ${time} GMT`, 3600],
    [`${day} ${month} ${date?.replace(/^0/, " ")} ${time} ${year}`, 3600],
    ["Sun, 06 Nov 1994 08:49:37 GMT", 0],
    ["Fri, 31 Dec 9999 23:59:59 GMT", maxRetryAfter],
  ];
  for (const [header, want] of rows) {
    const { url } = await answers(problem(409, "x", { "Retry-After": header }));
    const error = await createClient({ url, token }).listGrants().catch((e) => e);
    assert.ok(error instanceof ProblemError, header);
    if (want === undefined) assert.equal(error.retryAfter, undefined, header);
    else assert.ok(Math.abs((error.retryAfter ?? Number.NaN) - want) < 10, `${header}: ${error.retryAfter}`);
  }
});

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const never: Answer = () => {};
const half: Answer = (_, response) => response.writeHead(200, { "Content-Type": "application/json" }).write('{"grants"');

test("a response that is late, or never complete, is a TimeoutError", { timeout: 10_000 }, async () => {
  for (const answer of [never, half]) {
    const { url, calls } = await answers(answer);
    const call = createClient({ url, token, timeout: 300 }).listGrants();
    setTimeout(collectGarbage, 100);
    await assert.rejects(call, { name: "TimeoutError" });
    assert.equal(calls(), 1);
  }
});

test("the timeout and the signal end a call whose fetch ignores them", { timeout: 10_000 }, async () => {
  const options = { url: "https://connect.example.com", token, fetch: () => new Promise<Response>(() => {}) };
  await assert.rejects(createClient({ ...options, timeout: 100 }).listGrants(), { name: "TimeoutError" });
  const signal = AbortSignal.timeout(100);
  await assert.rejects(createClient(options).listGrants(undefined, { signal }), { name: "TimeoutError" });
});

test("the timeout is of one attempt, without the wait before it", async () => {
  const { url, calls } = await answers(problem(503, "x", { "Retry-After": "1" }), fine);
  await createClient({ url, token, timeout: 500 }).forUser("u").listDatabases();
  assert.equal(calls(), 2);
});

test("a timeout that a timer cannot wait for is rejected", () => {
  for (const timeout of [0, -1, Number.NaN, 2 ** 31, Number.POSITIVE_INFINITY]) {
    assert.throws(() => createClient({ url: "https://connect.example.com", token, timeout }), /timeout/);
  }
});

test("a signal ends every call, before it, during it, and during the wait before a repetition", { timeout: 30_000 }, async () => {
  const calls: ((c: ReturnType<typeof createClient>, signal: AbortSignal) => Promise<unknown>)[] = [
    (c, signal) => c.openConnectSession({ external_id: "u" }, { signal }),
    (c, signal) => c.getConnectSession("cs_1", { signal }),
    (c, signal) => c.completeConnectSession("cs_1", "ucc_1", "u", { signal }),
    (c, signal) => c.listGrants(undefined, { signal }),
    (c, signal) => c.getGrant("grt_1", { signal }),
    (c, signal) => c.narrowGrant("grt_1", {}, { signal }),
    (c, signal) => c.revokeGrant("grt_1", { signal }),
    (c, signal) => c.listEvents("start", 25, { signal }),
    (c, signal) => c.forUser("u").listDatabases({ signal }),
    (c, signal) => c.forUser("u").getDatabase("db-1", { signal }),
    (c, signal) => c.forUser("u").createDatabase({ name: "a", primary_region: "us-east-1" }, "key", { signal }),
    (c, signal) => c.forUser("u").getDatabaseCredentials("db-1", { signal }),
    (c, signal) => c.forUser("u").getCatalog({ signal }),
  ];
  const { url } = await answers(never);
  const client = createClient({ url, token, timeout: 10_000 });
  const reason = new Error("the user left");
  for (const call of calls) {
    const ended = new AbortController();
    setTimeout(collectGarbage, 20);
    setTimeout(() => ended.abort(reason), 40);
    await assert.rejects(call(client, ended.signal), reason);
  }
  await assert.rejects(client.listGrants(undefined, { signal: AbortSignal.abort(reason) }), reason);

  const busy = await answers(problem(503, "x", { "Retry-After": "30" }));
  const begun = Date.now();
  const left = AbortSignal.timeout(300);
  await assert.rejects(createClient({ url: busy.url, token }).listGrants(undefined, { signal: left }), {
    name: "TimeoutError",
  });
  assert.ok(Date.now() - begun < 10_000);
  assert.equal(busy.calls(), 1);
});
