import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { binary, ownEnvironment } from "./sandbox";

export interface ConnectEvent {
  event: string;
  url?: string;
  email?: string;
  key_name?: string;
  saved_in?: string;
  reused?: boolean;
  problem?: { code: string; title: string; detail: string };
}

/** A user's machine: a home directory in which bff is typed, and in which it finds the sandbox. */
export class Desktop {
  readonly home = mkdtempSync(join(tmpdir(), "bff-desktop-"));
  readonly runtime = join(this.home, "run");

  /** Without the directory of a sandbox, bff looks for one in the runtime directory. */
  constructor(private readonly sandbox?: string) {
    mkdirSync(this.runtime, { mode: 0o700 });
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Runs a command to its end. */
  async bff(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const child = this.spawn(args);
    const [stdout, stderr, code] = await Promise.all([
      whole(child.stdout),
      whole(child.stderr),
      new Promise<number | null>((ended) => child.once("close", ended)),
    ]);
    return { code, stdout, stderr };
  }

  /** Starts a login. The browser is the test's to open. */
  connect(...args: string[]): Login {
    return new Login(this.spawn(["connect", "--json", "--no-browser", ...args]));
  }

  private spawn(args: string[]): ChildProcess {
    const sandbox = this.sandbox === undefined ? "--sandbox" : `--sandbox=${this.sandbox}`;
    return spawn(binary, [...args, sandbox, "--no-keyring"], {
      env: {
        ...ownEnvironment(),
        HOME: this.home,
        XDG_RUNTIME_DIR: this.runtime,
        XDG_STATE_HOME: join(this.home, "state"),
        XDG_CONFIG_HOME: join(this.home, "config"),
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }
}

/** One `bff connect --json` that runs. */
export class Login {
  private readonly events: AsyncIterator<string>;
  private readonly ended: Promise<number | null>;
  private readonly errors: Promise<string>;

  constructor(private readonly child: ChildProcess) {
    if (child.stdout === null) throw new Error("bff has no stdout");
    const lines: Interface = createInterface(child.stdout);
    this.events = lines[Symbol.asyncIterator]();
    this.errors = whole(child.stderr);
    this.ended = new Promise((done) => child.once("close", done));
  }

  /** The next event, which has to be of this kind. */
  async next(kind: string): Promise<ConnectEvent> {
    const { value, done } = await this.events.next();
    if (done) throw new Error(`bff ended before ${kind}: ${await this.errors}`);
    const event = JSON.parse(value) as ConnectEvent;
    if (event.event !== kind) throw new Error(`got ${value}, want ${kind}`);
    return event;
  }

  /** Where to log in. */
  async url(): Promise<string> {
    const { url } = await this.next("browser");
    await this.next("waiting");
    if (url === undefined) throw new Error("no URL");
    return url;
  }

  interrupt(): void {
    this.child.kill("SIGINT");
  }

  /** The exit code. */
  exit(): Promise<number | null> {
    return this.ended;
  }
}

async function whole(stream: ChildProcess["stdout"]): Promise<string> {
  let text = "";
  for await (const chunk of stream ?? []) text += chunk;
  return text;
}
