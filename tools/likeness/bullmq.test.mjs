// Runs unmodified BullMQ and ioredis on a sandbox database: jobs use scripts, streams and blocking commands, over
// RESP3.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FlowProducer, Queue, QueueEvents, Worker } from "bullmq";
import { Redis } from "ioredis";
import { newDatabase } from "./partner.mjs";
import { startSandbox } from "./sandbox.mjs";

let sandbox;
let connection;
const open = [];

before(async () => {
  sandbox = await startSandbox();
  const { endpoint: host, port, password } = await newDatabase(sandbox, "jobs@example.com", "jobs");
  connection = { host, port, password };
});

after(async () => {
  await Promise.all(open.map((one) => one.close()));
  await sandbox?.stop();
});

function opened(one) {
  open.push(one);
  return one;
}

/** A queue, a worker that runs `work` on its jobs, and a function that waits for a job. */
async function queueOf(name, work, options = {}) {
  const queue = opened(new Queue(name, { connection }));
  queue.setMaxListeners(100); // one listener for each awaited job
  const events = opened(new QueueEvents(name, { connection }));
  await events.waitUntilReady();
  const worker = opened(new Worker(name, work, { connection, ...options }));
  worker.on("error", (error) => assert.fail(error));
  return { queue, worker, done: (job) => job.waitUntilFinished(events, 60_000) };
}

test("BullMQ: many concurrent jobs are added and completed", async () => {
  const { queue, done } = await queueOf("many", async (job) => job.data.n * 2, { concurrency: 4 });
  const jobs = await queue.addBulk(Array.from({ length: 30 }, (_, n) => ({ name: "double", data: { n } })));
  assert.deepEqual(await Promise.all(jobs.map(done)), jobs.map((job) => job.data.n * 2));
  const { completed, failed } = await queue.getJobCounts("completed", "failed");
  assert.deepEqual({ completed, failed }, { completed: 30, failed: 0 });
});

test("BullMQ: a delayed job waits, a high-priority job does not", async () => {
  const order = [];
  const { queue, worker, done } = await queueOf("ordered", async (job) => order.push(job.name), { autorun: false });
  const jobs = [
    await queue.add("delayed", {}, { delay: 300 }),
    await queue.add("low", {}, { priority: 10 }),
    await queue.add("high", {}, { priority: 1 }),
  ];
  worker.run();
  await Promise.all(jobs.map(done));
  assert.deepEqual(order, ["high", "low", "delayed"]);
});

test("BullMQ: a failed job is retried", async () => {
  const { queue, done } = await queueOf("retried", async (job) => {
    await job.updateProgress(50);
    await job.log("attempted");
    if (job.attemptsMade === 0) throw new Error("first attempt");
    return job.attemptsMade;
  });
  const job = await queue.add("flaky", {}, { attempts: 2, backoff: { type: "fixed", delay: 20 } });
  assert.equal(await done(job), 1);
  assert.equal((await queue.getJobLogs(job.id)).count, 2);
});

test("BullMQ: a parent waits for its children", async () => {
  const { done } = await queueOf("parents", async (job) => Object.values(await job.getChildrenValues()).sort());
  await queueOf("children", async (job) => job.data.n);
  const flow = opened(new FlowProducer({ connection }));
  const { job } = await flow.add({
    name: "sum",
    queueName: "parents",
    children: [1, 2].map((n) => ({ name: "child", queueName: "children", data: { n } })),
  });
  assert.deepEqual(await done(job), [1, 2]);
});

test("BullMQ: a job repeats", async () => {
  const { queue, worker } = await queueOf("repeated", async () => "ticked");
  const twice = new Promise((resolve) => {
    let runs = 0;
    worker.on("completed", () => ++runs === 2 && resolve());
  });
  await queue.upsertJobScheduler("often", { every: 50 }, { name: "tick" });
  await twice;
  await queue.removeJobScheduler("often");
  await queue.obliterate({ force: true });
});

test("ioredis: results that RESP3 encodes differently", async () => {
  const redis = new Redis(connection);
  try {
    await redis.hset("h", { a: "1", b: "2" });
    assert.deepEqual(Object.entries(await redis.hgetall("h")).sort(), [["a", "1"], ["b", "2"]]);
    await redis.xadd("x", "1-1", "f", "v");
    assert.deepEqual(await redis.xread("STREAMS", "x", "0"), [["x", [["1-1", ["f", "v"]]]]]);
    await redis.zadd("z", 1.5, "m");
    assert.deepEqual(await redis.zrange("z", 0, -1, "WITHSCORES"), ["m", "1.5"]);
    assert.equal(await redis.get("none"), null);
    assert.equal(await redis.client("SETINFO", "LIB-NAME", "test"), "OK");
    assert.match(await redis.info(), /redis_version:\d+\./);
  } finally {
    redis.disconnect();
  }
});
