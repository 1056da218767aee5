import { expect, test } from "vitest";
import { credentials } from "@/test/fixtures";
import { accessOf, maskedAccess, type Right } from "./access";
import { snippets } from "./snippets";

const text = (id: string, from = credentials, caFile?: string, right: Right = "full") =>
  snippets(accessOf(from, right, caFile)).find((snippet) => snippet.id === id)?.text;

test("redis-cli gets the password escaped in a URL, curl gets the token in quotes", () => {
  expect(text("redis-cli")).toBe(
    "redis-cli --tls -u 'rediss://default:pa%27ss%2Fw%3Frd@eager-owl-1.upstash.io:6379'",
  );
  expect(text("curl", { ...credentials, rest_token: "tok'en" })).toContain("Bearer tok'\\''en'");
});

test("without TLS there is no --tls", () => {
  const plain = { ...credentials, tls: false, password: "secret", endpoint: "127.0.0.1", port: 7001 };
  expect(text("redis-cli", plain)).toBe("redis-cli -u 'redis://default:secret@127.0.0.1:7001'");
});

test.each([
  ["eager-owl-1.upstash.io", false],
  ["127.example.com", false],
  ["127.0.0.1", true],
  ["localhost", true],
  ["::1", true],
])("a container reaches %s, with the network of its host: %s", (endpoint, ofHost) => {
  const command = text("docker", { ...credentials, endpoint }) ?? "";
  expect(command.startsWith("docker run --rm -it ")).toBe(true);
  expect(command.includes("--network host")).toBe(ofHost);
});

test("a private certificate authority is passed to each program", () => {
  const caFile = "/home/o'neill/my sandbox/redis-ca.pem";
  const quoted = "'/home/o'\\''neill/my sandbox/redis-ca.pem'";
  const of = (id: string) => text(id, credentials, caFile);
  expect(of("redis-cli")).toContain(`redis-cli --tls --cacert ${quoted} -u 'rediss://`);
  expect(of("curl")).toContain(`curl --cacert ${quoted} 'https://`);
  expect(of("docker")).toContain("-v '/home/o'\\''neill/my sandbox/redis-ca.pem:/redis-ca.pem:ro' ");
  expect(of("docker")).toContain("redis-cli --tls --cacert '/redis-ca.pem' -u 'rediss://");
  for (const id of ["env", "typescript", "ioredis"]) {
    expect(of(id), id).toContain(`NODE_EXTRA_CA_CERTS=${quoted}`);
  }
  for (const id of ["python", "go"]) expect(of(id), id).toContain(`SSL_CERT_FILE=${quoted}`);
  for (const { id } of snippets(accessOf(credentials, "full"))) {
    expect(text(id, { ...credentials, tls: false }, caFile), `${id}: no TLS, no authority`).not.toContain(
      "redis-ca",
    );
    expect(text(id), `${id}: a public authority`).not.toMatch(/CA_CERTS|CERT_FILE|cacert/);
  }
});

test("code reads the environment and holds no secret", () => {
  for (const id of ["next", "typescript", "python", "go", "ioredis"]) {
    expect(text(id), id).toMatch(/fromEnv|from_env|REDIS_URL/);
    expect(text(id), id).not.toMatch(/full-token|pa(%27|')ss/);
  }
});

test("the read-only variant of each snippet only reads", () => {
  for (const { id } of snippets(accessOf(credentials, "read-only"))) {
    const readOnly = text(id, credentials, undefined, "read-only");
    expect(readOnly, id).not.toMatch(/full-token|pa(%27|')ss|hello/);
  }
  expect(text("typescript", credentials, undefined, "read-only")).toContain('redis.get("greeting")');
});

test("masked snippets contain no secret", () => {
  for (const right of ["full", "read-only"] as const) {
    const all = JSON.stringify(snippets(maskedAccess(credentials, right)));
    expect(all).not.toMatch(/pa'ss|ss%2Fw|full-token|read-token/);
    expect(all).toContain("eager-owl-1.upstash.io");
  }
});
