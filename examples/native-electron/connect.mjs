// Lets bff connect an Upstash account, from Node or from Electron's main process. No package is needed, and no key is seen.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** Why it failed: show title and detail, decide by code. */
export class ConnectError extends Error {
  constructor(problem) {
    super(`${problem.title}: ${problem.detail}`);
    this.name = "ConnectError";
    this.code = problem.code;
    this.problem = problem;
  }
}

/**
 * Runs `bff connect --json` and resolves with its last event, {event: "connected", email, key_name, saved_in, …}.
 * onEvent hears every event as it comes: {event: "browser", url}, {event: "waiting"} and whatever is added later.
 * To give up, abort the signal: bff is asked to stop and leaves nothing behind.
 */
export async function connect({ binary = "bff", args = [], signal, onEvent = () => {} } = {}) {
  const child = spawn(binary, ["connect", "--json", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close"); // rejects when the binary cannot be started
  ended.catch(() => {});
  const stop = () => child.kill("SIGINT");
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  try {
    let last;
    for await (const line of createInterface({ input: child.stdout })) {
      const event = parsed(line);
      if (event === undefined) continue;
      last = event;
      onEvent(event);
    }
    const [code] = await ended;
    if (last?.event === "connected") return last;
    if (last?.event === "failed") throw new ConnectError(last.problem);
    throw new ConnectError({ title: "bff ended", detail: `exit code ${code}, and no result`, code: "internal" });
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** The account's databases, without credentials. */
export async function listDatabases({ binary = "bff", args = [] } = {}) {
  const child = spawn(binary, ["databases", "list", "--json", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  ended.catch(() => {});
  const [answer, problem] = await Promise.all([whole(child.stdout), whole(child.stderr), ended]);
  const [code] = await ended;
  if (code === 0) return JSON.parse(answer).databases;
  throw new ConnectError(parsed(problem) ?? { title: "bff ended", detail: `with ${code}`, code: "internal" });
}

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function whole(stream) {
  let text = "";
  for await (const chunk of stream.setEncoding("utf8")) text += chunk;
  return text;
}
