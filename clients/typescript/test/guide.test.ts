import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createSocket } from "node:net";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Webhook } from "standardwebhooks";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const here = fileURLToPath(new URL("..", import.meta.url));
const guides = join(root, "docs/integrate");

/** A directory in which the package is installed as npm would: built, and without its sources. */
let directory = "";

before(async () => {
  directory = await mkdtemp(join(here, "test/guide-"));
  const installed = join(directory, "node_modules/@upstash-connect/client");
  await mkdir(installed, { recursive: true });
  compile("tsconfig.build.json", "--outDir", join(installed, "dist"));
  await copyFile(join(root, "web/embed/v1.d.ts"), join(installed, "dist/embed.d.ts"));
  await copyFile(join(here, "package.json"), join(installed, "package.json"));
  await writeFile(join(directory, "package.json"), '{ "type": "module" }');
});

after(() => rm(directory, { recursive: true }));

/** Runs the compiler. A fault of a program is an error with what the compiler printed. */
function compile(...options: string[]): void {
  const tsc = join(here, "node_modules/typescript/bin/tsc");
  const { status, stdout } = spawnSync(process.execPath, [tsc, "--project", ...options], { cwd: here, encoding: "utf8" });
  assert.equal(status, 0, stdout);
}

/** The TypeScript programs of a page that use the package. */
async function programs(page: string): Promise<string[]> {
  const text = await readFile(page, "utf8");
  const blocks = [...text.matchAll(/^```tsx?\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? "");
  return blocks.filter((code) => code.includes("@upstash-connect/client"));
}

/** Writes the TypeScript program of a guide to the directory. */
async function program(guide: string, change: (code: string) => string): Promise<string> {
  const found = await programs(join(guides, guide));
  assert.equal(found.length, 1, `${guide} has one TypeScript program`);
  const path = join(directory, `run-${guide}.ts`);
  await writeFile(path, change(found[0] ?? ""));
  return path;
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

/** The generated clients of this page are compiled and run by tools/clients. */
const generated = "clients.md";

test("every TypeScript program of the guides, and of the README, compiles with the package", async () => {
  const names = (await readdir(guides)).filter((name) => name.endsWith(".md"));
  const pages = [join(here, "README.md"), ...names.map((name) => join(guides, name))];
  const compiled: string[] = [];
  for (const page of pages) {
    const found = await programs(page);
    const all = (await readFile(page, "utf8")).match(/^```tsx?$/gm)?.length ?? 0;
    if (basename(page) !== generated) assert.equal(found.length, all, `${page} has a program that nothing compiles`);
    for (const code of found) {
      compiled.push(`check-${compiled.length}-${basename(page)}.ts`);
      await writeFile(join(directory, compiled.at(-1) ?? ""), code);
    }
  }
  assert.ok(compiled.length >= 3, `found only ${compiled}`);
  const project = join(directory, "tsconfig.json");
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    target: "es2022",
    lib: ["es2023"],
    module: "nodenext",
    types: ["node"],
    noEmit: true,
  };
  await writeFile(project, JSON.stringify({ compilerOptions, files: compiled }));
  compile(project);
});

test("the program of the clients' guide lists databases, or invites the user", async () => {
  let granted = false;
  const server = createServer((request, response) => {
    const answer = (status: number, kind: string, body: unknown) =>
      response.writeHead(status, { "Content-Type": kind }).end(JSON.stringify(body));
    const opened = { id: "cs_1", url: "https://connect.example.com/connect#uci_1", status_token: "ucs_1" };
    if (request.method === "POST") answer(201, "application/json", opened);
    else if (granted) answer(200, "application/json", { databases: [{ name: "orders" }] });
    else answer(409, "application/problem+json", { title: "", status: 409, code: "grant_required", request_id: "r" });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const path = await program("backend-clients.md", (code) => code);
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
  }
});

test("the program of the webhooks' guide accepts what is signed, and nothing else", async () => {
  const port = await freePort();
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const path = await program("webhooks.md", (code) => code.replace("3000", String(port)));
  const { child, output } = run(path, { WEBHOOK_SECRET: secret });
  const body = JSON.stringify({
    id: "evt_1",
    type: "grant.created",
    data: { grant: { external_id: "user_4711", state: "active" } },
  });
  const now = new Date();
  const post = async (signature: string, sent = body): Promise<number> => {
    for (let tries = 0; tries < 200; tries++) {
      try {
        const response = await fetch(`http://127.0.0.1:${port}/upstash/webhooks`, {
          method: "POST",
          body: sent,
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
    assert.equal(await post("v1,AAAA", "x".repeat(1024 * 1024 + 1)), 413);
    assert.match(output(), /grant.created: user_4711 is active/);
  } finally {
    child.kill();
  }
});
