// The same databases with --redis-tls: everything must speak TLS, and trust the sandbox's own authority.
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

test("the whole suite over TLS, with the authority's file in NODE_EXTRA_CA_CERTS", async () => {
  assert.match(credentials.rest_url, /^https:/);
  assert.equal(credentials.tls, true);
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env; // or the child reports to our runner, and passes whatever it finds
  const child = spawn(process.execPath, ["--test", fileURLToPath(new URL("redis.test.mjs", import.meta.url))], {
    env: { ...environment, NODE_EXTRA_CA_CERTS: sandbox.redis_ca_file, CREDENTIALS: JSON.stringify(credentials) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
  const [code] = await once(child, "close");
  assert.equal(code, 0, said);
  const [, passed] = /pass (\d+)/.exec(said) ?? [];
  assert.ok(passed >= 15, `only ${passed} tests passed:\n${said}`);
});

test("without the authority's file the SDK refuses the sandbox", async () => {
  const redis = new Redis({ url: credentials.rest_url, token: credentials.rest_token, retry: false });
  await assert.rejects(redis.get("key"), (error) => {
    assert.match(String(error.cause?.code), /SELF_SIGNED_CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/);
    return true;
  });
});

test("plain HTTP is refused", async () => {
  const redis = new Redis({ url: credentials.rest_url.replace("https:", "http:"), token: credentials.rest_token, retry: false });
  await assert.rejects(redis.get("key"));
});
