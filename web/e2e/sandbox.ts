import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const binary = process.env.BFF_BINARY ?? fileURLToPath(new URL("../../bin/bff", import.meta.url));

export interface Fault {
  match: { target: "upstash" | "issuer" | "redis"; method?: string; path?: string; email?: string };
  count?: number;
  do: Record<string, unknown>;
}

export interface Account {
  email: string;
  plan: string;
  keys: { name: string; secret: string }[];
  databases: Record<string, unknown>[];
}

export interface SandboxOptions {
  issuerHost?: string;
  env?: Record<string, string>;
  /** More of the command line. */
  flags?: string[];
}

/** A client of the identity provider, as the control API takes it. */
export interface Client {
  client_id?: string;
  name?: string;
  callbacks: string[];
  origins: string[];
  consent?: boolean;
  /** Asks whether a login by a program on the same machine is the user's own. */
  confirm_loopback?: boolean;
  third_party?: boolean;
}

/** One running `bff sandbox`, on ports of its own and with a directory of its own. */
export class Sandbox {
  private constructor(
    private readonly child: ChildProcess,
    private readonly errors: () => string,
    /** Where the sandbox keeps its data, which is also how a program of this machine names it. */
    readonly directory: string,
    readonly app: string,
    readonly issuer: string,
    readonly upstash: string,
    readonly control: string,
    private readonly serviceTokenFile: string,
  ) {}

  static async start(options: SandboxOptions): Promise<Sandbox> {
    const directory = await mkdtemp(join(tmpdir(), "bff-e2e-"));
    const listeners = [
      "--listen",
      "--issuer-listen",
      "--upstash-listen",
      "--control-listen",
      "--redis-listen",
    ];
    const args = ["sandbox", "--data-dir", directory, ...listeners.flatMap((flag) => [flag, "127.0.0.1:0"])];
    args.push(...(options.flags ?? []));
    if (options.issuerHost !== undefined) args.push("--issuer-host", options.issuerHost);

    const child = spawn(binary, args, {
      env: { ...ownEnvironment(), ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let written = "";
    child.stderr?.on("data", (chunk) => {
      written += chunk;
    });
    const errors = () => written;
    const ready = await readiness(child, errors);
    const { app, issuer, upstash, control } = ready;
    return new Sandbox(child, errors, directory, app, issuer, upstash, control, ready.service_token_file);
  }

  /** Where the server keeps its data, as BFF_DATABASE_URL names it. */
  get database(): string {
    return `sqlite://${join(this.directory, "bff.db")}`;
  }

  /** The token with which a backend on this machine may call the server. */
  async serviceToken(): Promise<string> {
    return (await readFile(this.serviceTokenFile, "utf8")).trim();
  }

  /** What reached the Developer API, in order, as "METHOD path status". */
  async journal(): Promise<string[]> {
    const { entries } = await this.get<{ entries: { method: string; path: string; status: number }[] }>(
      "/journal",
    );
    return entries.map(({ method, path, status }) => `${method} ${path} ${status}`);
  }

  account(email: string): Promise<Account> {
    return this.get<Account>(`/accounts/${encodeURIComponent(email)}`);
  }

  /** An access token of the issuer, as a login of this user would give. The claims replace those that it would have. */
  async token(email: string, claims: Record<string, unknown> = {}): Promise<string> {
    const response = await this.send("POST", "/tokens", { email, claims });
    return ((await response.json()) as { access_token: string }).access_token;
  }

  /** Makes an account; a password lets it log in. */
  async makeAccount(account: {
    email: string;
    plan?: string;
    marketplace?: string;
    password?: string;
  }): Promise<void> {
    await this.send("POST", "/accounts", account);
  }

  /** Suspends an account, as Upstash does when a payment fails. */
  async suspend(email: string): Promise<void> {
    await this.send("PATCH", `/accounts/${encodeURIComponent(email)}`, { suspended: true });
  }

  /** Suspends a database, as Upstash does when it has reached its budget. */
  async suspendDatabase(email: string, id: string): Promise<void> {
    const path = `/accounts/${encodeURIComponent(email)}/databases/${encodeURIComponent(id)}`;
    await this.send("PATCH", path, { state: "suspended" });
  }

  /** Creates a developer key, as its owner would in the Upstash console. */
  async createKey(email: string, name: string): Promise<void> {
    await this.send("POST", `/accounts/${encodeURIComponent(email)}/keys`, { name });
  }

  /** Deletes a developer key, as its owner would in the Upstash console. */
  async deleteKey(email: string, name: string): Promise<void> {
    await this.send("DELETE", `/accounts/${encodeURIComponent(email)}/keys/${encodeURIComponent(name)}`);
  }

  /** Registers a client, or adds to one, and gives its id. */
  async register(client: Client): Promise<string> {
    const response = await this.send("POST", "/clients", client);
    return ((await response.json()) as { client_id: string }).client_id;
  }

  async fault(fault: Fault): Promise<void> {
    await this.send("POST", "/faults", fault);
  }

  async endFaults(): Promise<void> {
    await this.send("DELETE", "/faults");
  }

  /** Ends the sandbox as an operator would, and fails if it had died before or does not end in peace. */
  async stop(): Promise<void> {
    const { child } = this;
    const died = child.exitCode !== null || child.signalCode !== null;
    if (!died) {
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      await ended;
    }
    await rm(this.directory, { recursive: true, force: true });
    if (died || child.exitCode !== 0) {
      throw new Error(`the sandbox ended with ${child.exitCode ?? child.signalCode}:\n${this.errors()}`);
    }
  }

  private async get<T>(path: string): Promise<T> {
    return (await this.send("GET", path)).json() as Promise<T>;
  }

  private async send(method: string, path: string, body?: unknown): Promise<Response> {
    const response = await fetch(this.control + path, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
    });
    if (!response.ok)
      throw new Error(`control ${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }
}

/** The settings of a server of your own, in the shell the tests are run from, are not these sandboxes'. */
export function ownEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith("BFF_"));
  return Object.fromEntries(entries) as Record<string, string>;
}

interface Ready {
  app: string;
  issuer: string;
  upstash: string;
  control: string;
  service_token_file: string;
}

/** Resolves with the one line of JSON that says every listener accepts; rejects with stderr if none comes. */
function readiness(child: ChildProcess, errors: () => string): Promise<Ready> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the sandbox ended with ${code}:\n${errors()}`)));
    if (child.stdout === null) return reject(new Error("the sandbox has no stdout"));
    createInterface(child.stdout).once("line", (line) => resolve(JSON.parse(line)));
  });
}
