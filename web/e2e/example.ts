import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** What the developer's tools of the sandbox say of an account. */
interface Account {
  databases: { database_id: string; database_name: string }[];
  keys: { name: string }[];
}

/** The worked partner with its sandbox, as `make example` starts them, on free ports. */
export class Example {
  private constructor(
    private readonly child: ChildProcess,
    private readonly errors: () => string,
    private readonly directory: string,
    /** The partner's page. */
    readonly partner: string,
    readonly app: string,
    readonly control: string,
    readonly upstash: string,
    private readonly tokenFile: string,
  ) {}

  static async start(...flags: string[]): Promise<Example> {
    const directory = await mkdtemp(join(tmpdir(), "bff-example-"));
    const script = fileURLToPath(new URL("../../scripts/example.sh", import.meta.url));
    const [command = "", ...words] = process.env.EXAMPLE_COMMAND?.split(" ") ?? [script, "--free-ports"];
    const child = spawn(command, [...words, ...flags], {
      env: { ...process.env, EXAMPLE_DATA_DIR: directory },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let written = "";
    child.stderr?.on("data", (chunk) => {
      written += chunk;
    });
    const ready = await new Promise<Record<string, string>>((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`the example ended with ${code}:\n${written}`)));
      if (child.stdout === null) return reject(new Error("the example has no stdout"));
      createInterface(child.stdout).on("line", (line) => line.startsWith("{") && resolve(JSON.parse(line)));
    });
    const { partner = "", app = "", control = "", upstash = "", service_token_file = "" } = ready;
    return new Example(child, () => written, directory, partner, app, control, upstash, service_token_file);
  }

  /** What the script says in plain words. */
  get words(): string {
    return this.errors();
  }

  async stop(): Promise<void> {
    const ended = new Promise<number | null>((done) => this.child.once("exit", done));
    this.child.kill("SIGTERM");
    const code = await ended;
    await rm(this.directory, { recursive: true, force: true });
    const stopped = code === 0 || process.env.EXAMPLE_COMMAND !== undefined; // make reports that it was stopped
    if (!stopped) throw new Error(`the example ended with ${code}:\n${this.errors()}`);
  }

  /** A call of the partner's backend, with its token. */
  async call(method: string, path: string, body?: unknown, user?: string): Promise<Response> {
    const token = (await readFile(this.tokenFile, "utf8")).trim();
    return fetch(`${this.app}/api/v1${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        "Content-Type": "application/json",
        ...(user === undefined ? {} : { "Connect-User": user }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async account(email: string): Promise<Account> {
    return (await fetch(`${this.control}/accounts/${encodeURIComponent(email)}`)).json() as Promise<Account>;
  }

  /** Makes the server reject the account's key, as if its owner had deleted it in the console. */
  async deleteKeys(email: string): Promise<void> {
    for (const { name } of (await this.account(email)).keys) {
      const response = await fetch(
        `${this.control}/accounts/${encodeURIComponent(email)}/keys/${encodeURIComponent(name)}`,
        { method: "DELETE" },
      );
      if (!response.ok) throw new Error(`the key ${name} stayed: ${response.status}`);
    }
  }
}
