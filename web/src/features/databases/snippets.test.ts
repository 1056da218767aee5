import { expect, test } from "vitest";
import { credentials } from "@/test/fixtures";
import { masked, snippets } from "./snippets";

const text = (id: string, from = credentials, caFile?: string) =>
  snippets(from, caFile).find((snippet) => snippet.id === id)?.text;

test(".env holds the REST pair and a URL whose password is escaped", () => {
  expect(text("env")).toBe(
    [
      'UPSTASH_REDIS_REST_URL="https://eager-owl-1.upstash.io"',
      'UPSTASH_REDIS_REST_TOKEN="full-token"',
      `REDIS_URL="rediss://default:pa'ss%2Fw%3Frd@eager-owl-1.upstash.io:6379"`,
    ].join("\n"),
  );
});

test("redis-cli quotes a quote in the password", () => {
  expect(text("redis-cli")).toBe(
    `redis-cli --tls -u 'rediss://default:pa'\\''ss%2Fw%3Frd@eager-owl-1.upstash.io:6379'`,
  );
});

test("without TLS there is no rediss scheme and no --tls", () => {
  const plain = { ...credentials, tls: false, password: "secret", endpoint: "127.0.0.1", port: 7001 };
  expect(text("redis-cli", plain)).toBe("redis-cli -u 'redis://default:secret@127.0.0.1:7001'");
  expect(text("env", plain)).toContain('REDIS_URL="redis://default:secret@127.0.0.1:7001"');
});

test("a private certificate authority is passed to each program", () => {
  const caFile = "/home/o'neill/my sandbox/redis-ca.pem";
  const quoted = "'/home/o'\\''neill/my sandbox/redis-ca.pem'";
  expect(text("redis-cli", credentials, caFile)).toContain(
    `redis-cli --tls --cacert ${quoted} -u 'rediss://`,
  );
  expect(text("typescript", credentials, caFile)).toContain(
    `// NODE_EXTRA_CA_CERTS=${quoted} node --env-file=.env index.mjs`,
  );
  expect(text("env", credentials, caFile)).toContain(`NODE_EXTRA_CA_CERTS=${quoted}`);
  for (const id of ["env", "redis-cli", "typescript"]) {
    expect(text(id, { ...credentials, tls: false }, caFile), "no TLS, no authority").not.toContain(
      "redis-ca.pem",
    );
    expect(text(id), "a public authority").not.toContain("CA_CERTS");
  }
});

test("the TypeScript sample reads the environment and holds no secret", () => {
  expect(text("typescript")).toContain("Redis.fromEnv()");
  expect(text("typescript")).not.toContain("full-token");
});

test("masked snippets contain no secret", () => {
  const all = snippets(masked(credentials))
    .map((snippet) => snippet.text)
    .join("\n");
  for (const secret of [
    credentials.password,
    encodeURIComponent(credentials.password),
    "full-token",
    "read-token",
  ]) {
    expect(all).not.toContain(secret);
  }
  expect(all).toContain("eager-owl-1.upstash.io");
});
