// Tests the databases with --redis-tls: every client must use TLS and trust the sandbox's own authority.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Redis } from "@upstash/redis";
import { newDatabase } from "./partner.mjs";
import { startSandbox } from "./sandbox.mjs";

let sandbox;
let credentials;

before(async () => {
  sandbox = await startSandbox("--redis-tls");
  credentials = await newDatabase(sandbox, "tls@example.com", "tls");
});

after(() => sandbox?.stop());

test("the complete suite over TLS, with the authority's certificate in NODE_EXTRA_CA_CERTS", async () => {
  assert.match(credentials.rest_url, /^https:/);
  assert.equal(credentials.tls, true);
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env; // otherwise the child would report to our runner, and always pass
  const child = spawn(process.execPath, ["--test", fileURLToPath(new URL("redis.test.mjs", import.meta.url))], {
    env: { ...environment, NODE_EXTRA_CA_CERTS: sandbox.redis_ca_file, CREDENTIALS: JSON.stringify(credentials) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const [code] = await once(child, "close");
  assert.equal(code, 0, output);
  const [, passed] = /pass (\d+)/.exec(output) ?? [];
  assert.ok(passed >= 15, `only ${passed} tests passed:\n${output}`);
});

test("without the authority's certificate the SDK rejects the sandbox", async () => {
  const redis = new Redis({ url: credentials.rest_url, token: credentials.rest_token, retry: false });
  await assert.rejects(redis.get("key"), (error) => {
    assert.match(String(error.cause?.code), /SELF_SIGNED_CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/);
    return true;
  });
});

test("plain HTTP is rejected", async () => {
  const redis = new Redis({ url: credentials.rest_url.replace("https:", "http:"), token: credentials.rest_token, retry: false });
  await assert.rejects(redis.get("key"));
});
