import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { test as base, expect } from "./test";

const packages = new URL("../../tools/likeness/node_modules/", import.meta.url);
const imports = {
  "@upstash/redis": "/@upstash/redis/cloudflare.mjs", // the build that needs nothing of Node.js
  uncrypto: "/uncrypto/dist/crypto.web.mjs",
};
const document = `<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title><link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports })}</script>`;

/** The origin of somebody else's page, which has Upstash's SDK as it is published. */
const test = base.extend<{ origin: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads which fixtures are wanted from the pattern
  origin: async ({}, use) => {
    const server = createServer((request, response) => {
      const path = request.url ?? "/";
      response.setHeader("Content-Type", path === "/" ? "text/html" : "text/javascript");
      if (path === "/") response.end(document);
      else readFile(fileURLToPath(new URL(`.${path}`, packages))).then((script) => response.end(script));
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    await use(`http://localhost:${(server.address() as AddressInfo).port}`);
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  },
});

interface Credentials {
  rest_url: string;
  rest_token: string;
  read_only_rest_token: string;
}

test("@upstash/redis on a page of another origin", async ({ context, sandbox, origin }) => {
  const headers = { Authorization: `Bearer ${await sandbox.token("page@example.com")}` };
  const api = async <Answer>(method: string, path: string, data?: unknown): Promise<Answer> => {
    const response = await context.request.fetch(`${sandbox.app}/api/v1${path}`, { method, headers, data });
    expect(response.ok(), `${method} ${path}: ${await response.text()}`).toBe(true);
    return response.json();
  };
  await api("PUT", "/connection");
  const { id } = await api<{ id: string }>("POST", "/databases", {
    name: "paged",
    primary_region: "us-east-1",
  });
  const credentials = await api<Credentials>("GET", `/databases/${id}/credentials`);

  const tab = await context.newPage();
  await tab.goto(origin);
  const outcome = await tab.evaluate(
    async ({ rest_url: url, rest_token: token, read_only_rest_token: reader }) => {
      const name = "@upstash/redis";
      const { Redis } = await import(name);
      const redis = new Redis({ url, token });
      const refused = (given: string) =>
        new Redis({ url, token: given, enableAutoPipelining: false })
          .set("key", 1)
          .catch((error: Error) => error.message);
      return {
        written: await redis.set("key", { greeting: "¡olé! 😀" }),
        read: await redis.get("key"),
        together: await redis.multi().incr("n").incr("n").exec(),
        reader: await refused(reader),
        stranger: await refused("guess"),
        heard: await new Promise((resolve) => {
          const subscriber = redis.subscribe(["room"]);
          subscriber.on("message", resolve);
          subscriber.on("subscribe", () => redis.publish("room", "hello"));
        }),
      };
    },
    credentials,
  );
  expect(outcome).toEqual({
    written: "OK",
    read: { greeting: "¡olé! 😀" },
    together: [1, 2],
    reader: expect.stringContaining("NOPERM this user has no permissions to run the 'set' command"),
    stranger: expect.stringContaining("WRONGPASS invalid or missing auth token"),
    heard: { channel: "room", message: "hello" },
  });
});
