import { execFile } from "node:child_process";
import { access, chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Page } from "@playwright/test";
import { connect } from "./journey";
import { ownEnvironment } from "./sandbox";
import { expect, test } from "./test";

const run = promisify(execFile);
const here = fileURLToPath(new URL(".", import.meta.url));
/** Where the official @upstash/redis is installed. */
const clients = join(here, "../../tools/likeness/node_modules");

for (const tls of [false, true]) {
  test.describe(tls ? "with --redis-tls" : "without TLS", () => {
    test.use({ flags: tls ? ["--redis-tls"] : [] });

    test("the page's snippets work when pasted", async ({ page }) => {
      await connect(page);
      await page.getByRole("link", { name: "Create your first database" }).click();
      await page.getByLabel("Name").fill("orders");
      await page.getByLabel("Primary region").selectOption("us-east-1");
      await page.getByRole("button", { name: "Create database" }).click();
      await page.getByRole("link", { name: "orders" }).click();
      await page.getByRole("button", { name: "Reveal credentials" }).click();

      const project = await Project.start();
      try {
        await project.write(".env", await snippet(page, ".env"));
        await project.write("index.mjs", await snippet(page, "TypeScript"));
        const cli = await snippet(page, "redis-cli");
        expect(cli.includes("--cacert")).toBe(tls);
        expect(await project.shell(`${cli} SET from redis-cli`)).toBe("OK");
        // The line that the TypeScript snippet tells to run it with.
        const command = /^\/\/ (.*node --env-file=.*)$/m.exec(await project.read("index.mjs"))?.[1];
        expect(await project.shell(command ?? "the snippet says no command")).toBe("hello");
        expect(await project.shell(`${cli} GET greeting`), "both reach one database").toBe("hello");
        expect(await project.shell(`${cli} GET from`)).toBe("redis-cli");

        await project.shell(`${cli} DEL greeting`);
        await project.write("index.mjs", await snippet(page, "ioredis"));
        expect(await project.shell(command ?? "")).toBe("hello");
        expect(await project.shell(await snippet(page, "curl"))).toBe('{"result":"OK"}{"result":"hello"}');
        const test = page.getByRole("region", { name: "Connection test" }).getByText("curl ");
        expect(await project.shell(await test.innerText())).toBe('{"result":"PONG"}');

        await page.getByRole("radio", { name: "Read-only" }).check();
        const reader = await snippet(page, "redis-cli");
        expect(await project.shell(`${reader} GET greeting`)).toBe("hello");
        // redis-cli exits with 0 although the server reported an error.
        expect(await project.shell(`${reader} SET greeting no`).catch(String)).toContain("NOPERM");
        expect(await project.shell(await snippet(page, "curl"))).toBe('{"result":"hello"}');
      } finally {
        await project.end();
      }
    });
  });
}

/** The text of a snippet, secrets and all, as a person would select it. */
async function snippet(page: Page, label: string): Promise<string> {
  await page.getByRole("tab", { name: label, exact: true }).click();
  await page.getByLabel("Show secrets").check();
  return page.getByRole("region", { name: `${label} snippet` }).innerText();
}

/** A directory of its own, with the official client installed and a redis-cli on the path. */
class Project {
  private constructor(private readonly directory: string) {}

  static async start(): Promise<Project> {
    await access(join(clients, "@upstash/redis")); // make tools/likeness/node_modules/.installed
    const directory = await mkdtemp(join(tmpdir(), "bff-paste-"));
    await symlink(clients, join(directory, "node_modules"));
    await mkdir(join(directory, "bin"));
    await copyFile(join(here, "redis-cli.mjs"), join(directory, "bin/redis-cli"));
    await chmod(join(directory, "bin/redis-cli"), 0o755);
    await writeFile(join(directory, "bin/package.json"), '{"type":"module"}');
    return new Project(directory);
  }

  write(name: string, text: string): Promise<void> {
    return writeFile(join(this.directory, name), text);
  }

  read(name: string): Promise<string> {
    return readFile(join(this.directory, name), "utf8");
  }

  /** Runs a line in the shell. A redis-cli of the machine goes before the one that was brought along. */
  async shell(line: string): Promise<string> {
    const path = [process.env.PATH ?? "", join(this.directory, "bin")].join(delimiter);
    const { stdout } = await run("sh", ["-c", line], {
      cwd: this.directory,
      env: { ...ownEnvironment(), PATH: path },
      timeout: 30_000,
    });
    return stdout.trim();
  }

  async end(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}
