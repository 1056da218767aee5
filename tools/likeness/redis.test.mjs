// Runs the unmodified @upstash/redis against a sandbox database, or against the database of CREDENTIALS in the
// environment, which redis-tls.test.mjs sets.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { after, before, beforeEach, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { Redis } from "@upstash/redis";
import { newDatabase } from "./partner.mjs";
import { startSandbox } from "./sandbox.mjs";

let sandbox;
let credentials;
let redis;
let requests = 0;

before(async () => {
  const { fetch } = globalThis;
  globalThis.fetch = (...args) => {
    requests++;
    return fetch(...args);
  };
  if (process.env.CREDENTIALS) {
    credentials = JSON.parse(process.env.CREDENTIALS);
  } else {
    sandbox = await startSandbox();
    credentials = await newDatabase(sandbox, "sdk@example.com", "sdk");
  }
  redis = client();
});

after(() => sandbox?.stop());

beforeEach(async () => {
  await redis.flushdb();
});

function client(options = {}) {
  return new Redis({ url: credentials.rest_url, token: credentials.rest_token, enableTelemetry: false, ...options });
}

/** Waits until read returns want, and reports the last value on a timeout. */
async function eventually(read, want) {
  let value;
  for (let i = 0; i < 600; i++) {
    value = await read();
    if (value === want) return;
    await pause(50);
  }
  assert.equal(value, want);
}

for (const [mode, options] of [
  ["with automatic pipelining, the default", {}],
  ["one request per command", { enableAutoPipelining: false }],
]) {
  describe(mode, () => {
    before(() => {
      redis = client(options);
    });

    test("strings", async () => {
      assert.equal(await redis.set("key", "value"), "OK");
      assert.equal(await redis.get("key"), "value");
      assert.equal(await redis.get("nothing"), null);
      await redis.set("object", { nested: { list: [1, "two", null] } });
      assert.deepEqual(await redis.get("object"), { nested: { list: [1, "two", null] } });
      assert.equal(await redis.set("key", "other", { nx: true }), null);
      assert.equal(await redis.set("key", "other", { get: true }), "value");
      assert.equal(await redis.mset({ a: 1, b: "two" }), "OK");
      assert.deepEqual(await redis.mget("a", "nothing", "b"), [1, null, "two"]);
      assert.equal(await redis.incr("n"), 1);
      assert.equal(await redis.incrby("n", 41), 42);
      assert.equal(await redis.incrbyfloat("f", 1.5), 1.5);
      assert.equal(await redis.append("key", "!"), 6);
      assert.equal(await redis.getrange("key", 0, 2), "oth");
      assert.equal(await redis.strlen("key"), 6);
      assert.equal(await redis.getdel("key"), "other!");
      assert.equal(await redis.exists("key", "a", "b"), 2);
      assert.equal(await redis.type("a"), "string");
    });

    test("values are returned unchanged: binary, emoji, the word OK, numeric text", async () => {
      const plain = client({ automaticDeserialization: false });
      const values = ["OK", "T0s=", "😀 ñ \u0000 \\ \" \n", "<a href='?x&y'>", "0012", "9223372036854775808", "", "null", "é".repeat(100_000)];
      for (const value of values) {
        await plain.set("value", value);
        assert.equal(await plain.get("value"), value);
      }
      await plain.del("list");
      await plain.rpush("list", ...values);
      assert.deepEqual(await plain.lrange("list", 0, -1), values);
      const unencoded = client({ responseEncoding: false, automaticDeserialization: false });
      assert.deepEqual(await unencoded.lrange("list", 0, -1), values);
      await plain.setbit("bits", 0, 1); // the byte 0x80 is not valid UTF-8
      assert.equal(await unencoded.get("bits"), "\ufffd");
    });

    test("hashes", async () => {
      assert.equal(await redis.hset("hash", { name: "Ada", born: 1815, tags: ["a", "b"] }), 3);
      assert.deepEqual(await redis.hgetall("hash"), { name: "Ada", born: 1815, tags: ["a", "b"] });
      assert.equal(await redis.hgetall("nothing"), null);
      assert.equal(await redis.hget("hash", "name"), "Ada");
      assert.deepEqual(await redis.hmget("hash", "born", "died"), { born: 1815, died: null });
      assert.equal(await redis.hincrby("hash", "born", 1), 1816);
      assert.equal(await redis.hsetnx("hash", "name", "Grace"), 0);
      assert.equal(await redis.hexists("hash", "name"), 1);
      assert.deepEqual((await redis.hkeys("hash")).sort(), ["born", "name", "tags"]);
      assert.equal(await redis.hdel("hash", "tags", "died"), 1);
      assert.equal(await redis.hlen("hash"), 2);
      const [cursor, fields] = await redis.hscan("hash", 0);
      assert.equal(cursor, "0");
      assert.equal(fields.length, 4);
    });

    test("lists", async () => {
      assert.equal(await redis.rpush("list", "b", "c", { d: 1 }), 3);
      assert.equal(await redis.lpush("list", "a"), 4);
      assert.deepEqual(await redis.lrange("list", 0, -1), ["a", "b", "c", { d: 1 }]);
      assert.equal(await redis.lindex("list", 1), "b");
      assert.equal(await redis.linsert("list", "before", "b", "x"), 5);
      assert.equal(await redis.lrem("list", 1, "x"), 1);
      assert.equal(await redis.lset("list", 0, "A"), "OK");
      assert.equal(await redis.lpop("list"), "A");
      assert.deepEqual(await redis.rpop("list", 2), [{ d: 1 }, "c"]);
      assert.equal(await redis.lmove("list", "other", "left", "right"), "b");
      assert.equal(await redis.llen("other"), 1);
      assert.deepEqual(await redis.lrange("list", 0, -1), []);
    });

    test("sets", async () => {
      assert.equal(await redis.sadd("one", "a", "b", "c"), 3);
      assert.equal(await redis.sadd("two", "b", "c", "d"), 3);
      assert.deepEqual((await redis.smembers("one")).sort(), ["a", "b", "c"]);
      assert.equal(await redis.sismember("one", "a"), 1);
      assert.deepEqual(await redis.smismember("one", ["a", "z"]), [1, 0]);
      assert.deepEqual((await redis.sinter("one", "two")).sort(), ["b", "c"]);
      assert.deepEqual(await redis.sdiff("one", "two"), ["a"]);
      assert.equal(await redis.sunionstore("all", "one", "two"), 4);
      assert.equal(await redis.srem("one", "a"), 1);
      assert.equal(await redis.scard("one"), 2);
      assert.ok(["b", "c"].includes(await redis.spop("one")));
    });

    test("sorted sets", async () => {
      assert.equal(await redis.zadd("board", { score: 1, member: "a" }, { score: 2.5, member: "b" }, { score: 3, member: { c: 1 } }), 3);
      assert.deepEqual(await redis.zrange("board", 0, -1), ["a", "b", { c: 1 }]);
      assert.deepEqual(await redis.zrange("board", 0, 1, { withScores: true }), ["a", 1, "b", 2.5]);
      assert.deepEqual(await redis.zrange("board", 3, 2, { byScore: true, rev: true }), [{ c: 1 }, "b"]);
      assert.equal(await redis.zincrby("board", 10, "a"), 11);
      assert.equal(await redis.zrank("board", "a"), 2);
      assert.equal(await redis.zscore("board", "b"), 2.5);
      assert.equal(await redis.zcount("board", 2, 4), 2);
      assert.equal(await redis.zadd("board", { nx: true }, { score: 0, member: "a" }), 0);
      assert.deepEqual(await redis.zpopmin("board"), ["b", 2.5]);
      assert.equal(await redis.zremrangebyscore("board", 10, 20), 1);
      assert.equal(await redis.zcard("board"), 1);
    });

    test("streams", async () => {
      assert.equal(await redis.xadd("events", "1-1", { kind: "created", order: 7 }), "1-1");
      const second = await redis.xadd("events", "*", { kind: "paid" });
      assert.match(second, /^\d+-\d+$/);
      assert.equal(await redis.xlen("events"), 2);
      assert.deepEqual(await redis.xrange("events", "-", "+"), { "1-1": { kind: "created", order: 7 }, [second]: { kind: "paid" } });
      assert.deepEqual(await redis.xread("events", "1-1"), [["events", [[second, ["kind", "paid"]]]]]);
      assert.equal(await redis.xgroup("events", { type: "CREATE", group: "workers", id: "0" }), "OK");
      const [[, delivered]] = await redis.xreadgroup("workers", "ada", "events", ">", { count: 1 });
      assert.deepEqual(delivered, [["1-1", ["kind", "created", "order", 7]]]);
      assert.equal((await redis.xpending("events", "workers", "-", "+", 10)).length, 1);
      assert.equal(await redis.xack("events", "workers", "1-1"), 1);
      assert.equal(await redis.xtrim("events", { strategy: "MAXLEN", exactness: "=", threshold: 1 }), 1);
      assert.equal(await redis.xdel("events", second), 1);
    });

    test("scripts", async () => {
      const script = "return {KEYS[1], redis.call('INCRBY', KEYS[1], ARGV[1]), {false, 'nested'}}";
      assert.deepEqual(await redis.eval(script, ["n"], [5]), ["n", 5, [null, "nested"]]);
      const sha = await redis.scriptLoad(script);
      assert.deepEqual(await redis.evalsha(sha, ["n"], [2]), ["n", 7, [null, "nested"]]);
      assert.deepEqual(await redis.scriptExists(sha, "f".repeat(40)), [1, 0]);
      await assert.rejects(redis.evalsha("f".repeat(40), [], []), { name: "UpstashError", message: /NOSCRIPT No matching script\. Please use EVAL\./ });
      await redis.scriptFlush();
      const counted = redis.createScript("return redis.call('INCRBY', KEYS[1], ARGV[1])");
      assert.equal(await counted.exec(["n"], ["10"]), 17); // EVALSHA fails, so EVAL follows
      assert.equal(await counted.exec(["n"], ["1"]), 18);
      assert.deepEqual(await redis.scriptExists(counted.sha1), [1]);
      await assert.rejects(redis.eval("return {err='MINE no'}", [], []), { name: "UpstashError", message: /MINE no/ });
    });

    test("time to live", async () => {
      await redis.set("key", "v", { ex: 100 });
      const left = await redis.ttl("key");
      assert.ok(left > 90 && left <= 100, `${left} s left of 100`);
      assert.equal(await redis.persist("key"), 1);
      assert.equal(await redis.ttl("key"), -1);
      assert.equal(await redis.ttl("nothing"), -2);
      await redis.psetex("short", 300, "v");
      await redis.hset("hash", { f: 1 });
      assert.equal(await redis.pexpire("hash", 300), 1);
      await eventually(() => redis.exists("short", "hash"), 0);
    });

    test("keys", async () => {
      await redis.mset({ "user:1": "a", "user:2": "b", other: "c" });
      assert.deepEqual((await redis.keys("user:*")).sort(), ["user:1", "user:2"]);
      const found = [];
      let cursor = "0";
      do {
        const [next, keys] = await redis.scan(cursor, { match: "user:*", count: 10 });
        cursor = next;
        found.push(...keys);
      } while (cursor !== "0");
      assert.deepEqual(found.sort(), ["user:1", "user:2"]);
      assert.equal(await redis.rename("other", "renamed"), "OK");
      assert.equal(await redis.del("user:1", "user:2", "nothing"), 2);
      assert.equal(await redis.dbsize(), 1);
    });
  });
}

test("pipelines", async () => {
  const before = requests;
  const results = await redis.pipeline().set("key", { a: 1 }).incr("n").get("key").lrange("nothing", 0, -1).exec();
  assert.deepEqual(results, ["OK", 1, { a: 1 }, []]);
  assert.equal(requests - before, 1);
  await assert.rejects(redis.pipeline().set("key", "text").incr("key").exec(), {
    name: "UpstashError",
    message: "Command 2 [ incr ] failed: ERR value is not an int or out of range",
  });
  const mixed = await redis.pipeline().get("key").evalsha("f".repeat(40), [], []).incr("n").exec({ keepErrors: true });
  assert.deepEqual(mixed.map(({ result }) => result), ["text", undefined, 2]);
  assert.equal(mixed[1].error, "NOSCRIPT No matching script. Please use EVAL.");
});

test("transactions", async () => {
  assert.deepEqual(await redis.multi().set("key", "v").incr("n").get("key").exec(), ["OK", 1, "v"]);
  await assert.rejects(redis.multi().set("key", "text").incr("key").exec(), {
    message: "Command 2 [ incr ] failed: ERR value is not an int or out of range",
  });
  assert.equal(await redis.get("key"), "text"); // a failed command does not undo the others
  const raw = await post("/multi-exec", [["SET", "other", "1"], ["GET"]]);
  assert.deepEqual(raw, { status: 400, answer: { error: "ERR wrong number of arguments for 'get' command" } });
  assert.equal(await redis.exists("other"), 0);
});

test("auto-pipelining sends the commands of one event-loop turn in one request", async () => {
  const auto = client({ enableAutoPipelining: true });
  const before = requests;
  const written = await Promise.all([auto.set("a", 1), auto.incr("a"), auto.hset("h", { f: "v" }), auto.sadd("s", "m")]);
  assert.deepEqual(written, ["OK", 2, 1, 1]);
  assert.equal(requests - before, 1);
  const read = await Promise.all([auto.get("a"), auto.hget("h", "f"), auto.sismember("s", "m"), auto.get("nothing")]);
  assert.deepEqual(read, [2, "v", 1, null]);
  assert.equal(requests - before, 2);
});

test("read your writes", async () => {
  const writer = client();
  await writer.set("key", 1);
  const token = writer.readYourWritesSyncToken;
  assert.ok(token, "there is no sync token");
  await writer.set("key", 2);
  assert.notEqual(writer.readYourWritesSyncToken, token);
  const reader = client();
  reader.readYourWritesSyncToken = writer.readYourWritesSyncToken;
  assert.equal(await reader.get("key"), 2);
  reader.readYourWritesSyncToken = "token of another database";
  assert.equal(await reader.get("key"), 2);
});

test("published messages reach subscribers", async () => {
  const received = [];
  const subscriber = redis.subscribe(["room", "other"]);
  const patterns = redis.psubscribe(["ro*"]);
  const ready = new Promise((resolve) => {
    let open = 0;
    for (const each of [subscriber, patterns]) {
      for (const event of ["subscribe", "psubscribe"]) each.on(event, () => ++open === 3 && resolve());
    }
  });
  subscriber.on("message", ({ channel, message }) => received.push(["message", channel, message]));
  patterns.on("pmessage", ({ pattern, channel, message }) => received.push(["pmessage", pattern, channel, message]));
  await ready;
  assert.equal(await redis.publish("room", { hello: "you, there" }), 2);
  await eventually(() => received.length, 2);
  assert.deepEqual(received.sort(), [
    ["message", "room", { hello: "you, there" }],
    ["pmessage", "ro*", "room", { hello: "you, there" }],
  ]);
  await subscriber.unsubscribe();
  await patterns.unsubscribe();
  await eventually(() => redis.publish("room", "anyone?"), 0);
});

test("the read-only token reads", async () => {
  await redis.set("key", "value");
  const reader = client({ token: credentials.read_only_rest_token });
  assert.equal(await reader.get("key"), "value");
  assert.deepEqual(await reader.pipeline().get("key").ttl("key").exec(), ["value", -1]);
  for (const [command, attempt] of Object.entries({ set: () => reader.set("key", "x"), keys: () => reader.keys("*"), scan: () => reader.scan(0) })) {
    await assert.rejects(attempt, { name: "UpstashError", message: new RegExp(`NOPERM this user has no permissions to run the '${command}' command`) });
  }
  await assert.rejects(reader.multi().set("key", "x").exec(), /NOPERM/);
  assert.equal(await redis.get("key"), "value");
});

test("errors", async () => {
  await redis.set("text", "abc");
  const single = { enableAutoPipelining: false };
  redis = client(single);
  for (const [attempt, message] of [
    [() => redis.incr("text"), /^ERR value is not an int or out of range, command was: \["incr","text"\]$/],
    [() => redis.lpush("text", 1), /^WRONGTYPE Operation against a key holding the wrong kind of value/],
    [() => redis.set("k".repeat(33_000), 1), /^ERR max key size exceeded\. Limit: 32768 bytes, Actual: 33000 bytes/],
    [() => redis.set("key", undefined), /^ERR null args are not supported/],
    [() => client({ ...single, token: "wrong" }).get("key"), /^WRONGPASS invalid or missing auth token/],
    [() => client({ ...single, token: credentials.password }).get("key"), /^WRONGPASS invalid or missing auth token/],
  ]) {
    await assert.rejects(attempt, { name: "UpstashError", message });
  }
});

test("a value of several megabytes", async () => {
  const value = "x".repeat(5 << 20);
  assert.equal(await redis.set("large", value), "OK");
  assert.equal((await redis.get("large")).length, value.length);
  await assert.rejects(redis.set("large", value + value), /ERR max request size exceeded\. Limit: 10485760 bytes/);
});

test("the guide's curl commands print the documented output", async () => {
  const guide = await readFile(new URL("../../docs/integrate/sandbox.md", import.meta.url), "utf8");
  const [, section] = /\n### Over REST\n(.*?)\n#/s.exec(guide);
  const lines = section.match(/^curl .*$/gm).map((line) => /^(curl .*?) +# (.*)$/.exec(line));
  assert.ok(lines.length >= 3 && lines.every(Boolean));
  for (const [, command, answer] of lines) {
    const { rest_url: REST_URL, rest_token: REST_TOKEN } = credentials;
    const env = { ...process.env, REST_URL, REST_TOKEN, CURL_CA_BUNDLE: process.env.NODE_EXTRA_CA_CERTS ?? "" };
    const { stdout } = await promisify(execFile)("bash", ["-c", command.replace("curl", "curl -sS")], { env });
    assert.equal(stdout, answer, command);
  }
});

/** Sends a request that the SDK never makes. */
async function post(path, content) {
  const response = await fetch(credentials.rest_url + path, {
    method: "POST",
    headers: { Authorization: `Bearer ${credentials.rest_token}` },
    body: JSON.stringify(content),
  });
  return { status: response.status, answer: await response.json() };
}
