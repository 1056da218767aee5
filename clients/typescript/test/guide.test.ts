import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createSocket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Webhook } from "standardwebhooks";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const here = fileURLToPath(new URL("..", import.meta.url));

/** Writes the TypeScript program of a guide to a directory in which the package is found, as after npm install. */
async function program(guide: string, change: (code: string) => string): Promise<{ path: string; remove: () => Promise<void> }> {
  const text = await readFile(join(root, "docs/integrate", guide), "utf8");
  const found = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)];
  assert.equal(found.length, 1, `${guide} has one TypeScript program`);
  const directory = await mkdtemp(join(here, "test/guide-"));
  const path = join(directory, "program.ts");
  const imports = (code: string) =>
    code
      .replace('"@upstash-connect/client/webhook"', '"../../src/webhook.ts"')
      .replace('"@upstash-connect/client"', '"../../src/index.ts"');
  await writeFile(path, change(imports(found[0]?.[1] ?? "")));
  return { path, remove: () => rm(directory, { recursive: true }) };
}

function run(path: string, env: Record<string, string>): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, ["--import", "tsx", path], { cwd: here, env: { ...process.env, ...env } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk) => {
      output += chunk;
    });
  }
  return { child, output: () => output };
}

async function freePort(): Promise<number> {
  const socket = createSocket();
  await new Promise<void>((listening) => socket.listen(0, "127.0.0.1", listening));
  const { port } = socket.address() as AddressInfo;
  await new Promise((closed) => socket.close(closed));
  return port;
}

test("the program of the clients' guide lists databases, or invites the user", async () => {
  let granted = false;
  const server = createServer((request, response) => {
    const answer = (status: number, kind: string, body: unknown) =>
      response.writeHead(status, { "Content-Type": kind }).end(JSON.stringify(body));
    if (request.method === "POST") answer(201, "application/json", { url: "https://connect.example.com/connect#uci_1" });
    else if (granted) answer(200, "application/json", { databases: [{ name: "orders" }] });
    else answer(409, "application/problem+json", { title: "", status: 409, code: "grant_required", request_id: "r" });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { path, remove } = await program("backend-clients.md", (code) => code);
  try {
    for (const want of ["Send the user to https://connect.example.com/connect#uci_1\n", "orders\n"]) {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const { child, output } = run(path, { CONNECT: url, TOKEN: "upc_1" });
      await new Promise((ended) => child.once("close", ended));
      assert.equal(output(), want);
      granted = true;
    }
  } finally {
    server.close();
    await remove();
  }
});

test("the program of the webhooks' guide accepts what is signed, and nothing else", async () => {
  const port = await freePort();
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const { path, remove } = await program("webhooks.md", (code) => code.replace("3000", String(port)));
  const { child, output } = run(path, { WEBHOOK_SECRET: secret });
  const body = JSON.stringify({
    id: "evt_1",
    type: "grant.created",
    data: { grant: { external_id: "user_4711", state: "active" } },
  });
  const now = new Date();
  const post = async (signature: string): Promise<number> => {
    for (let tries = 0; tries < 200; tries++) {
      try {
        const response = await fetch(`http://127.0.0.1:${port}/upstash/webhooks`, {
          method: "POST",
          body,
          headers: {
            "webhook-id": "evt_1",
            "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
            "webhook-signature": signature,
          },
        });
        return response.status;
      } catch {
        await new Promise((later) => setTimeout(later, 50));
      }
    }
    return 0;
  };
  try {
    assert.equal(await post(new Webhook(secret).sign("evt_1", now, body)), 204);
    assert.equal(await post("v1,AAAA"), 403);
    assert.match(output(), /grant.created: user_4711 is active/);
  } finally {
    child.kill();
    await remove();
  }
});
