import { expect, test } from "vitest";
import { credentials } from "@/test/fixtures";
import { accessOf, maskedAccess, redisUrl } from "./access";
import { envFile } from "./env-file";

const full = accessOf(credentials, "full");

test(".env holds the names of Upstash and of Vercel, and a URL whose password is escaped", () => {
  const url = "rediss://default:pa%27ss%2Fw%3Frd@eager-owl-1.upstash.io:6379";
  expect(envFile(full)).toBe(
    [
      "UPSTASH_REDIS_REST_URL=https://eager-owl-1.upstash.io",
      "UPSTASH_REDIS_REST_TOKEN=full-token",
      `REDIS_URL=${url}`,
      "",
      "# The same, as Vercel's integration names it",
      `KV_URL=${url}`,
      "KV_REST_API_URL=https://eager-owl-1.upstash.io",
      "KV_REST_API_TOKEN=full-token",
      "KV_REST_API_READ_ONLY_TOKEN=read-token",
    ].join("\n"),
  );
});

test("the read-only .env has the read-only token and its user", () => {
  const text = envFile(accessOf(credentials, "read-only"));
  expect(text).toContain("UPSTASH_REDIS_REST_TOKEN=read-token");
  expect(text).toContain("REDIS_URL=rediss://default_ro:read-token@eager-owl-1.upstash.io:6379");
  expect(text).toContain("KV_REST_API_READ_ONLY_TOKEN=read-token");
  expect(text).not.toMatch(/full-token|pa(%27|')ss|KV_REST_API_TOKEN/);
});

test.each(["rest_token", "read_only_rest_token", "rest_url"] as const)(
  "a %s that a shell would run is in no line",
  (member) => {
    const hostile = { ...credentials, [member]: 'x"\nNODE_OPTIONS=y\n$(touch ran)' };
    const text = envFile(accessOf(hostile, "full"));
    expect(text).not.toMatch(/touch|^NODE_OPTIONS/m);
    expect(text).toContain("is missing: programs read the characters of its value differently");
  },
);

test("each character of a password is in the URL without the need of quotes", () => {
  const password = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("");
  const url = redisUrl(accessOf({ ...credentials, password }, "full"));
  expect(url).toMatch(/^[\w+/=.:@%-]+$/);
  expect(decodeURIComponent(new URL(url).password)).toBe(password);
});

test("without TLS there is no rediss scheme", () => {
  const plain = { ...credentials, tls: false, password: "secret", endpoint: "127.0.0.1", port: 7001 };
  expect(redisUrl(accessOf(plain, "full"))).toBe("redis://default:secret@127.0.0.1:7001");
});

test.each(["full", "read-only"] as const)("masked %s access has no secret", (right) => {
  const text = JSON.stringify(maskedAccess(credentials, right));
  expect(text).not.toMatch(/pa'ss|full-token|read-token/);
  expect(text).toContain("eager-owl-1.upstash.io");
});
