import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { announce } from "./channel.ts";
import { deferred, now, otherPage, pass, problem, Recorder, Server, transition, waiting } from "./testing.ts";
import { watch } from "./watch.ts";

let server: Server;
let recorder: Recorder;
let stop = () => {};

beforeEach(() => {
  vi.useFakeTimers({ now });
  server = new Server();
  recorder = new Recorder();
});

afterEach(() => {
  stop();
  vi.unstubAllGlobals();
});

async function begin(answer: unknown = { state: "open" }): Promise<void> {
  server.answer = answer;
  stop = watch(waiting, recorder.onEvent);
  await pass();
}

/** How many reads happen in this time. */
async function readsIn(milliseconds: number): Promise<number> {
  const before = server.requests.length;
  await pass(milliseconds);
  return server.requests.length - before;
}

describe("events", () => {
  const id = "cs_1";

  it.each([
    [{ state: "open" }, []],
    [{ state: "authenticating", left: false }, []],
    [{ state: "authenticating", left: true }, [{ type: "closed", id }]],
    [{ state: "consenting", left: true }, [{ type: "closed", id }]],
    [{ state: "consenting", database_id: "db" }, []],
    [{ state: "awaiting_completion" }, [{ type: "approved", id }]],
    [
      { state: "awaiting_completion", database_id: "db" },
      [
        { type: "database-selected", id, databaseId: "db" },
        { type: "approved", id, databaseId: "db" },
      ],
    ],
    [
      { state: "completed", grant_id: "grt_1" },
      [
        { type: "approved", id },
        { type: "completed", id, grantId: "grt_1" },
      ],
    ],
    [{ state: "refused", left: true }, [{ type: "refused", id }]],
    [{ state: "expired" }, [{ type: "failed", id, reason: "expired" }]],
    [{ state: "failed" }, [{ type: "failed", id, reason: "mismatch" }]],
    [{ state: "a state of a later version" }, []],
    [{ state: "constructor" }, []],
  ])("%j", async (answer, events) => {
    await begin(answer);
    await pass(10_000);
    expect(recorder.events).toEqual(events);
  });

  it.each([401, 404])(
    "a problem of the server with status %d ends it: the session is unknown",
    async (status) => {
      await begin(problem(status));
      await pass(10_000);
      expect(recorder.events).toEqual([{ type: "failed", id, reason: "expired" }]);
    },
  );

  it.each([
    [401, "text/html"],
    [404, "text/plain; charset=utf-8"],
    [404, "application/json"],
    [404, ""],
  ])("a page of another program with status %d and type %j is no news", async (status, kind) => {
    await begin(otherPage(status, kind));
    await pass(60_000);
    expect(recorder.events).toEqual([]);
    server.answer = { state: "refused" };
    await pass(20_000);
    expect(recorder.types).toEqual(["refused"]);
  });

  it.each([401, 404, 500, 429, 503, null, "text", {}, { state: 7 }, new TypeError("Failed to fetch")])(
    "%j is no news, and does not end the reading",
    async (answer) => {
      await begin(answer);
      expect(recorder.events).toEqual([]);
      server.answer = { state: "refused" };
      await pass(4_000);
      expect(recorder.types).toEqual(["refused"]);
    },
  );

  it("each fires once, although the state lasts", async () => {
    await begin({ state: "awaiting_completion" });
    await pass(20_000);
    expect(recorder.types).toEqual(["approved"]);
    server.answer = { state: "completed", grant_id: "grt_1" };
    await pass(60_000);
    expect(recorder.types).toEqual(["approved", "completed"]);
  });

  it.each([
    ["completed", ["closed", "approved", "completed"]],
    ["refused", ["closed", "refused"]],
    ["expired", ["closed", "failed"]],
  ])("after a closed window, another tab may still end the session: %s", async (state, types) => {
    await begin({ state: "consenting", left: true });
    await pass(20_000);
    expect(recorder.types).toEqual(["closed"]);
    server.answer = { state: "consenting", left: false };
    await pass(20_000);
    server.answer = { state: "consenting", left: true };
    await pass(20_000);
    server.answer = { state };
    await pass(20_000);
    expect(recorder.types).toEqual(types);
  });

  it("a listener that stops in the middle hears no more of the same answer", async () => {
    server.answer = { state: "completed", database_id: "db" };
    const heard: string[] = [];
    stop = watch(waiting, ({ type }) => {
      heard.push(type);
      stop();
    });
    await pass();
    expect(heard).toEqual(["database-selected"]);
  });
});

describe("reading", () => {
  it("uses the status token, and neither cookies nor a cache", async () => {
    await begin();
    expect(server.requests[0]).toMatchObject({
      address: waiting.status,
      init: { headers: { Authorization: "Bearer ucs_1" }, credentials: "omit", cache: "no-store" },
    });
  });

  it("happens every two seconds for two minutes, then every five", async () => {
    await begin();
    expect(await readsIn(118_000)).toBe(59);
    expect(await readsIn(60_000)).toBe(12);
  });

  it("happens every five seconds after the window was closed", async () => {
    await begin({ state: "consenting", left: true });
    expect(await readsIn(60_000)).toBe(12);
  });

  it("backs off while the server does not answer, and recovers", async () => {
    await begin(503);
    expect(await readsIn(4_000 + 8_000 + 16_000)).toBe(3);
    expect(await readsIn(100_000)).toBe(5);
    server.answer = { state: "open" };
    await pass(20_000);
    expect(await readsIn(10_000)).toBe(5);
  });

  it("ends as unreachable when the server does not answer beyond the session's time, not before", async () => {
    await begin(new TypeError("Failed to fetch"));
    await pass(36 * 60_000);
    expect(recorder.events).toEqual([]);
    await pass(20_000);
    expect(recorder.events).toEqual([{ type: "failed", id: "cs_1", reason: "unreachable" }]);
    expect(await readsIn(60_000)).toBe(0);
  });

  it("ends soon as unreachable when a later load of the page finds a session whose time is over", async () => {
    server.answer = new TypeError("Failed to fetch");
    stop = watch({ ...waiting, since: now - 24 * 60 * 60_000 }, recorder.onEvent);
    await pass(10_000);
    expect(server.requests, "a computer that wakes up is offline for a moment").toHaveLength(2);
    expect(recorder.events).toEqual([]);
    await pass(2_000);
    expect(recorder.events).toEqual([{ type: "failed", id: "cs_1", reason: "unreachable" }]);
  });

  it("continues while the server says that the session is open", async () => {
    await begin();
    await pass(60 * 60_000);
    server.answer = new TypeError("offline for a moment");
    await pass(5_000);
    expect(recorder.events).toEqual([]);
    server.answer = { state: "refused" };
    await pass(10_000);
    expect(recorder.types).toEqual(["refused"]);
  });

  it("gives up one that hangs", async () => {
    const controller = new AbortController();
    vi.spyOn(AbortSignal, "timeout").mockReturnValue(controller.signal);
    await begin(new Promise(() => {}));
    expect(AbortSignal.timeout).toHaveBeenCalledWith(10_000);
    expect(await readsIn(60_000)).toBe(0);
    server.answer = { state: "refused" };
    controller.abort(new Error("timeout"));
    await pass(4_000);
    expect(recorder.types).toEqual(["refused"]);
  });

  it("ends when it is stopped, also in the middle of a read", async () => {
    const { promise, resolve: respond } = deferred();
    await begin(promise);
    stop();
    respond({ state: "refused" });
    await pass(60_000);
    expect(recorder.events).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  it("happens when the page becomes visible", async () => {
    await begin();
    document.dispatchEvent(new Event("visibilitychange"));
    await pass();
    expect(server.requests).toHaveLength(2);
    stop();
    document.dispatchEvent(new Event("visibilitychange"));
    await pass();
    expect(server.requests).toHaveLength(2);
  });
});

describe("the back-forward cache", () => {
  it("a page that is kept reads nothing, and reads on when it is shown again", async () => {
    await begin();
    transition("pagehide");
    expect(await readsIn(600_000)).toBe(0);
    server.answer = { state: "completed", grant_id: "grt_1" };
    transition("pageshow");
    await pass();
    expect(recorder.types).toEqual(["approved", "completed"]);
  });

  it("a page that goes away tells nothing of a read in progress", async () => {
    const { promise, resolve: respond } = deferred();
    await begin(promise);
    transition("pagehide");
    respond({ state: "refused" });
    await pass(10_000);
    expect(recorder.events).toEqual([]);
    server.answer = { state: "refused" };
    transition("pageshow");
    await pass();
    expect(recorder.types).toEqual(["refused"]);
  });
});

describe("announcements", () => {
  /** Lets the channel, which knows no fake time, deliver. */
  const delivered = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

  beforeEach(() => {
    vi.useFakeTimers({ now, toFake: ["setTimeout", "clearTimeout", "Date"] });
  });

  it("of the session cause a read at once", async () => {
    await begin();
    announce("cs_1");
    await delivered();
    expect(server.requests).toHaveLength(2);
  });

  it("that arrive during a read cause another after it", async () => {
    const { promise, resolve: respond } = deferred();
    await begin(promise);
    announce("cs_1");
    await delivered();
    expect(server.requests).toHaveLength(1);
    server.answer = { state: "open" };
    respond({ state: "open" });
    await delivered();
    expect(await readsIn(0)).toBe(1);
  });

  it.each([
    null,
    undefined,
    "cs_1",
    ["cs_1"],
    7,
    {},
    { id: "cs_2" },
    { id: ["cs_1"] },
    { id: { toString: "cs_1" } },
    { session: "cs_1", state: "completed" },
  ])("of another form or session cause nothing: %j", async (message) => {
    await begin();
    const forger = new BroadcastChannel("upstash-connect");
    forger.postMessage(message);
    await delivered();
    forger.close();
    expect(server.requests).toHaveLength(1);
    expect(recorder.events).toEqual([]);
  });

  it("that claim a state change nothing: the server says what is true", async () => {
    await begin({ state: "consenting" });
    const forger = new BroadcastChannel("upstash-connect");
    forger.postMessage({ id: "cs_1", type: "completed", state: "completed", grantId: "grt_forged" });
    await delivered();
    forger.close();
    expect(server.requests).toHaveLength(2);
    expect(recorder.events).toEqual([]);
  });
});
