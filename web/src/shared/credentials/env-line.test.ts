import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { envLine } from "./env-line";
import { mask } from "./mask";

const directory = mkdtempSync(join(tmpdir(), "env-line-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What a program finds in the variable SECRET, started in these ways with the file. */
function readBy(text: string) {
  writeFileSync(join(directory, ".env"), `${text}\n`);
  const print = "process.stdout.write(process.env.SECRET ?? 'absent')";
  const of = (command: string, ...args: string[]) =>
    execFileSync(command, args, { cwd: directory, env: { PATH: process.env.PATH ?? "" }, encoding: "utf8" });
  return {
    shell: of("sh", "-c", `set -a; . ./.env; printf %s "\${SECRET-absent}"`),
    node: of(process.execPath, "--env-file=.env", "-e", print),
    // docker run --env-file: a line is a name, "=" and the value, without any quoting.
    docker: /^SECRET=(.*)$/m.exec(text)?.[1] ?? "absent",
  };
}

const characters = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
const [plain, others] = [true, false].map((wanted) =>
  characters.filter((character) => /[A-Za-z0-9_+/=.:@%-]/.test(character) === wanted),
) as [string[], string[]];

test("each reader finds the same value", () => {
  const value = plain.join("");
  expect(readBy(envLine("SECRET", value))).toEqual({ shell: value, node: value, docker: value });
});

test.each([
  ...others.map((character) => `a${character}b`),
  'tok"\nNODE_OPTIONS=--inspect\n$(touch ran)',
  "tok\r\nPATH=.",
  "tok\u2028n",
  "tök",
  "",
])("the value %j is not written", (value) => {
  const line = envLine("SECRET", value);
  expect(line).toBe(
    "# SECRET is missing: programs read the characters of its value differently. Set it where your program runs.",
  );
});

test("a reader of the comment finds no value", () => {
  expect(readBy(envLine("SECRET", "$(touch ran)"))).toEqual({
    shell: "absent",
    node: "absent",
    docker: "absent",
  });
});

test("a masked value is shown", () => {
  expect(envLine("SECRET", mask)).toBe(`SECRET=${mask}`);
  expect(envLine("REDIS_URL", `rediss://default:${mask}@a.example:6379`)).toContain(
    `=rediss://default:${mask}@`,
  );
  expect(envLine("SECRET", `${mask}$(touch ran)`)).not.toContain("touch");
});
