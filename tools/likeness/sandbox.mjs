// Starts `bff sandbox` for the suites in this directory, which use it only over the network.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const binary = process.env.BFF_BINARY ?? fileURLToPath(new URL("../../bin/bff-race", import.meta.url));
const listeners = ["--listen", "--issuer-listen", "--upstash-listen", "--control-listen", "--redis-listen"];

/**
 * Starts a sandbox on free ports with its own directory. It returns the addresses of the ready line and `stop`, which
 * ends the sandbox and rejects if it did not exit cleanly.
 */
export async function startSandbox(...flags) {
  const directory = await mkdtemp(join(tmpdir(), "bff-likeness-"));
  const args = ["sandbox", "--data-dir", directory, ...listeners.flatMap((flag) => [flag, "127.0.0.1:0"]), ...flags];
  const child = spawn(binary, args, { env: ownEnvironment(), stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stderr.on("data", (chunk) => (output += chunk));
  const ended = once(child, "exit");
  const ready = await readiness(child, () => output);
  return {
    ...ready,
    stop: async () => {
      child.kill("SIGTERM");
      const [code] = await ended;
      await rm(directory, { recursive: true, force: true });
      if (code !== 0) throw new Error(`the sandbox exited with ${code}:\n${output}`);
    },
  };
}

async function readiness(child, output) {
  const hung = setTimeout(() => child.kill("SIGKILL"), 120_000);
  try {
    for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line);
  } finally {
    clearTimeout(hung);
  }
  throw new Error(`the sandbox did not become ready:\n${output()}`);
}

/** Removes the settings of your own server. */
function ownEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("BFF_")));
}
