import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const binary = process.env.BFF_BINARY ?? fileURLToPath(new URL("../../bin/bff", import.meta.url));

/** The browser, and how it starts: without calls of its own, which would count as the page's. */
export const chromePath = process.env.CHROME_PATH ?? process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
export const chromeFlags = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A sandbox on free ports, in a directory that goes with it. */
export async function startSandbox() {
  const directory = await mkdtemp(join(tmpdir(), "bff-page-"));
  const listeners = ["--listen", "--issuer-listen", "--upstash-listen", "--control-listen", "--redis-listen"];
  const child = spawn(
    binary,
    ["sandbox", "--data-dir", directory, ...listeners.flatMap((flag) => [flag, "127.0.0.1:0"])],
    { stdio: ["ignore", "pipe", "pipe"], env: ownEnvironment() },
  );
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const ended = new Promise((done) => child.once("close", done));
  const ready = await new Promise((done, fail) => {
    child.once("error", fail);
    child.once("exit", (code) => fail(new Error(`the sandbox ended with ${code}:\n${said}`)));
    createInterface(child.stdout).once("line", (line) => done(JSON.parse(line)));
  });

  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  return { app: ready.app, stop };
}

/** The settings of your own server, in the shell this is run from, are not the sandbox's. */
function ownEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("BFF_")));
}
