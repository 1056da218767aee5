import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { binary, ownEnvironment, type Sandbox } from "./sandbox";

/** nginx, if it is here. Debian keeps it where only the search path of root looks. */
export const nginx = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"]
  .map((directory) => join(directory, "nginx"))
  .find(existsSync);

/** `bff serve` under a path of an origin, behind nginx, with the stand-ins of a sandbox. */
export class ServedUnder {
  private constructor(
    private readonly children: ChildProcess[],
    private readonly directory: string,
    readonly origin: string,
    /** Where the page is, without a slash at its end. */
    readonly url: string,
  ) {}

  /** What nginx asks for, given the server's address: that with a slash behind it takes the path away. */
  static async start(
    sandbox: Sandbox,
    path: string,
    target: (server: string) => string,
  ): Promise<ServedUnder> {
    const directory = await mkdtemp(join(tmpdir(), "bff-under-"));
    const [port, own] = [await freePort(), await freePort()];
    const origin = `http://localhost:${port}`;
    const url = origin + path;
    await sandbox.register({ client_id: "sandbox-spa", callbacks: [`${url}/callback`], origins: [origin] });

    const keyset = join(directory, "keyset.json");
    execFileSync(binary, ["keyset", "create", keyset], { env: ownEnvironment(), stdio: "ignore" });
    const server = spawn(binary, ["serve"], {
      env: {
        ...ownEnvironment(),
        BFF_LISTEN: `127.0.0.1:${own}`,
        BFF_PUBLIC_URL: url,
        BFF_DATABASE_URL: `sqlite://${join(directory, "bff.db")}`,
        BFF_KEYSET_FILE: keyset,
        BFF_AUTH_ISSUER: `${sandbox.issuer}/`,
        BFF_AUTH_CLIENT_IDS: "sandbox-spa",
        BFF_UPSTASH_API_URL: sandbox.upstash,
        BFF_LOG_LEVEL: "error",
      },
      stdio: ["ignore", "ignore", "inherit"],
    });
    const file = join(directory, "nginx.conf");
    await writeFile(file, configuration(directory, port, path, target(`http://127.0.0.1:${own}`)));
    const proxy = spawn(nginx ?? "nginx", ["-c", file, "-p", directory, "-e", join(directory, "start.log")], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const served = new ServedUnder([proxy, server], directory, origin, url);
    try {
      await served.answers();
    } catch (fault) {
      await served.stop();
      throw fault;
    }
    return served;
  }

  async stop(): Promise<void> {
    for (const child of this.children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGKILL"); // it would serve on for those who do not know yet that it ends
      await ended;
    }
    await rm(this.directory, { recursive: true, force: true });
  }

  private async answers(): Promise<void> {
    const deadline = Date.now() + 30_000;
    for (;;) {
      const ready = await fetch(`${this.url}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (ready) return;
      if (Date.now() > deadline) throw new Error(`${this.url} is not ready`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}

function configuration(directory: string, port: number, path: string, target: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `daemon off;
master_process off;
pid ${directory}/pid;
error_log ${directory}/error.log;
events {}
http {
  access_log off;
  ${temporary.map((what) => `${what}_temp_path ${directory}/${what};`).join(" ")}
  server {
    listen 127.0.0.1:${port};
    location ${path}/ { proxy_pass ${target}; proxy_set_header Host $http_host; }
    location / { return 404 "another application"; }
  }
}
`;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
