// Runs the unmodified Upstash CLI, with its Redis and team commands, against the Developer API stand-in.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startSandbox } from "./sandbox.mjs";

const email = "cli@example.com";
const cli = fileURLToPath(new URL("node_modules/@upstash/cli/dist/cli.js", import.meta.url));
const redirect = new URL("redirect-to-sandbox.mjs", import.meta.url).href;
let sandbox, apiKey;

before(async () => {
  sandbox = await startSandbox();
  const control = (path, body) =>
    fetch(sandbox.control + path, { method: "POST", body: JSON.stringify(body) }).then((answer) => answer.json());
  await control("/accounts", { email, plan: "payg" });
  apiKey = (await control(`/accounts/${email}/keys`, { name: "cli" })).secret;
});
after(() => sandbox?.stop());

/** Runs `upstash` outside of any directory with a .env file, and returns its output. */
async function upstash(...args) {
  const { PATH } = process.env;
  const env = { PATH, HOME: tmpdir(), LIKENESS_UPSTASH: sandbox.upstash, UPSTASH_EMAIL: email, UPSTASH_API_KEY: apiKey };
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", redirect, cli, ...args], {
    env,
    cwd: tmpdir(),
    timeout: 60_000,
  });
  return JSON.parse(stdout);
}

async function expectError(...args) {
  const failure = await upstash(...args).then(
    (printed) => assert.fail(`${args.join(" ")} succeeded: ${JSON.stringify(printed)}`),
    (failure) => failure,
  );
  assert.ok(failure.stderr, String(failure));
  return JSON.parse(failure.stderr).error;
}

const create = (name) => upstash("redis", "create", "--name", name, "--region", "us-east-1");

test("upstash redis: a database is created, listed, renamed, used and deleted", async () => {
  const made = await create("orders");
  const id = made.database_id;
  const exec = (database, ...command) =>
    upstash("redis", "exec", "--db-url", sandbox.redis.replace("redis:", "http:"), "--db-token", database.rest_token, ...command);

  assert.deepEqual((await upstash("redis", "list")).map((database) => database.database_id), [id]);
  assert.equal((await upstash("redis", "rename", "--db-id", id, "--name", "invoices")).database_name, "invoices");
  await exec(made, "SET", "greeting", "hello");
  assert.match(JSON.stringify(await exec(made, "GET", "greeting")), /hello/);
  assert.equal(typeof (await upstash("redis", "stats", "--db-id", id)), "object");

  const reset = await upstash("redis", "reset-password", "--db-id", id);
  assert.notEqual(reset.rest_token, made.rest_token);
  await assert.rejects(exec(made, "GET", "greeting"), "the old token still works");
  assert.match(JSON.stringify(await exec(reset, "GET", "greeting")), /hello/);

  await upstash("redis", "delete", "--db-id", id);
  assert.match(await expectError("redis", "get", "--db-id", id), /database not found/);
});

test("upstash redis: changed settings are read back", async () => {
  const { database_id: id } = await create("settings");
  const change = (command, ...flags) => upstash("redis", command, "--db-id", id, ...flags);
  const current = () => upstash("redis", "get", "--db-id", id);

  await change("enable-eviction");
  assert.equal((await current()).eviction, true);
  await change("disable-eviction");
  assert.equal((await current()).eviction, false);
  await change("enable-autoupgrade");
  assert.equal((await current()).auto_upgrade, true);
  assert.match(await expectError("redis", "enable-autoupgrade", "--db-id", id), /already enabled/);
  await change("disable-autoupgrade");
  await change("update-budget", "--budget", "42");
  assert.equal((await current()).budget, 42);
  await change("update-regions", "--read-regions", "eu-west-1", "us-west-2");
  assert.deepEqual((await current()).read_regions, ["eu-west-1", "us-west-2"]);
  await change("enable-tls");
});

test("upstash redis backup: a restore brings back the earlier data", async () => {
  const { database_id: id, rest_token: token } = await create("backed-up");
  const command = async (...words) => {
    const url = sandbox.redis.replace("redis:", "http:");
    const headers = { Authorization: `Bearer ${token}` };
    return (await fetch(url, { method: "POST", headers, body: JSON.stringify(words) })).json();
  };
  const backup = (verb, ...flags) => upstash("redis", "backup", verb, "--db-id", id, ...flags);

  await command("SET", "when", "then");
  await sleep(3500); // a new database cannot be backed up during its first seconds
  await backup("create", "--name", "nightly");
  const [listed] = await backup("list");
  assert.equal(listed.name, "nightly");
  await command("SET", "when", "now");
  await backup("restore", "--backup-id", listed.backup_id);
  assert.deepEqual(await command("GET", "when"), { result: "then" });
  await backup("enable-daily");
  assert.equal((await upstash("redis", "get", "--db-id", id)).daily_backup_enabled, true);
  await backup("disable-daily");
  await backup("delete", "--backup-id", listed.backup_id);
  assert.deepEqual(await backup("list"), []);
});

test("upstash team: a team is created, joined, given a database and read", async () => {
  const { database_id: id } = await create("shared");
  const { team_id: team } = await upstash("team", "create", "--name", "crew");
  assert.ok((await upstash("team", "list")).some((listed) => listed.team_id === team));
  await upstash("team", "add-member", "--team-id", team, "--member-email", "mate@example.com", "--role", "dev");
  assert.match(JSON.stringify(await upstash("team", "members", "--team-id", team)), /mate@example\.com/);
  await upstash("redis", "move-to-team", "--db-id", id, "--team-id", team);
  assert.ok(!(await upstash("redis", "list")).some((database) => database.database_id === id));
});

test("upstash: a rejected key is reported as unauthorized", async () => {
  assert.match(await expectError("redis", "list", "--api-key", "wrong", "--email", email), /Unauthorized/);
});
