// Runs the unmodified Upstash CLI, with its commands for all products and for teams, against the Developer API stand-in.
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

/** Runs a command of an index's life, which is the same for Vector and Search. `flags` are those of its create. */
async function anIndexLives(product, ...flags) {
  const index = (command, id, ...more) => upstash(product, command, "--index-id", id, ...more);
  const made = await upstash(product, "create", "--name", "docs", "--type", "payg", ...flags);
  assert.match(made.endpoint, new RegExp(`^[a-z0-9-]+-${product}$`));

  assert.deepEqual(await upstash(product, "list"), [made]);
  assert.deepEqual(await index("get", made.id), made);
  assert.equal(await index("rename", made.id, "--name", "pages"), "OK");
  assert.equal((await index("get", made.id)).name, "pages");

  assert.equal(await index("reset-password", made.id), "OK");
  const reset = await index("get", made.id);
  assert.notEqual(reset.token, made.token);
  assert.notEqual(reset.read_only_token, made.read_only_token);

  assert.equal((await index("index-stats", made.id, "--period", "3h")).current_vector_count, 0);
  assert.equal((await upstash(product, "stats")).record_count, 0);

  const { team_id: team } = await upstash("team", "create", "--name", `crew of ${product}`);
  const second = await upstash(product, "create", "--name", "shared", "--type", "payg", ...flags);
  assert.equal(await index("transfer", second.id, "--target-account", team), "OK");
  assert.deepEqual((await upstash(product, "list")).map((listed) => listed.id), [made.id]);

  assert.deepEqual(await index("delete", made.id), { deleted: true, index_id: made.id });
  assert.match(await expectError(product, "get", "--index-id", made.id), /index not found/);
  return reset;
}

test("upstash vector: an index is created, listed, renamed, reset, transferred and deleted", async () => {
  const dense = ["--region", "us-east-1", "--similarity-function", "COSINE", "--dimension-count", "384"];
  const reset = await anIndexLives("vector", ...dense);
  assert.equal(reset.dimension_count, 384);

  // A model decides the number of dimensions; the command still requires one, and accepts 0.
  const modelled = await upstash(
    ...["vector", "create", "--name", "text", "--region", "eu-west-1", "--similarity-function", "DOT_PRODUCT"],
    ...["--dimension-count", "0", "--type", "free", "--index-type", "HYBRID"],
    ...["--embedding-model", "BGE_M3", "--sparse-embedding-model", "BM25"],
  );
  assert.equal(modelled.dimension_count, 1024);
  assert.equal(modelled.sparse_embedding_model, "BM25");
  assert.equal(await upstash("vector", "set-plan", "--index-id", modelled.id, "--plan", "fixed"), "OK");
  assert.equal((await upstash("vector", "get", "--index-id", modelled.id)).type, "fixed");

  // The data plane, at the address of the databases.
  const answer = await fetch(`${sandbox.redis.replace("redis:", "http:")}/info`, {
    headers: { Authorization: `Bearer ${modelled.token}` },
  });
  assert.equal(answer.status, 501);
  assert.deepEqual(await answer.json(), { error: "The sandbox does not emulate Vector's data plane." });
});

test("upstash search: an index is created, listed, renamed, reset, transferred and deleted", async () => {
  const reset = await anIndexLives("search", "--region", "eu-west-1");
  assert.equal(reset.region, "eu-west-1");
});

test("upstash qstash: the one instance is read, changed, rotated and moved", async () => {
  const [listed, ...others] = await upstash("qstash", "list");
  assert.deepEqual(others, []);
  const run = (command, ...flags) => upstash("qstash", command, "--qstash-id", listed.id, ...flags);
  assert.deepEqual(await run("get"), listed);
  assert.equal((await run("stats", "--period", "7d")).dlq_message_count, 0);
  assert.ok((await upstash("qstash", "ipv4")).every((block) => block.endsWith("/32")));

  const rotated = await run("rotate-token");
  assert.notEqual(rotated.token, listed.token);
  assert.deepEqual(await run("get"), rotated);
  assert.equal(await run("update-budget", "--budget", "100"), "OK");
  assert.equal(await run("enable-prodpack"), "OK");
  assert.equal(await run("set-plan", "--plan", "qstash_fixed_1m"), "OK");
  const changed = await run("get");
  assert.deepEqual(
    [changed.budget, changed.prod_pack_enabled, changed.reserved_type],
    [100, true, "qstash_fixed_1m"],
  );
  assert.equal(await run("disable-prodpack"), "OK");
  assert.match(await expectError("qstash", "disable-prodpack", "--qstash-id", listed.id), /already disabled/);

  const { team_id: team } = await upstash("team", "create", "--name", "crew of qstash");
  assert.equal(await run("move-to-team", "--target-team-id", team), "OK");
  assert.match(await expectError("qstash", "get", "--qstash-id", listed.id), /qstash user not found/);
});

test("upstash: a rejected key is reported as unauthorized", async () => {
  assert.match(await expectError("redis", "list", "--api-key", "wrong", "--email", email), /Unauthorized/);
});
