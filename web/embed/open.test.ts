import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { recall, remember } from "./memory.ts";
import { open, resume } from "./open.ts";
import {
  deferred,
  now,
  type OpenedWindow,
  openWindows,
  pass,
  Recorder,
  Server,
  session,
  transition,
  waiting,
} from "./testing.ts";
import type { ConnectHandle, ConnectSession, OpenOptions } from "./types.ts";

let server: Server;
let windows: OpenedWindow[];
let recorder: Recorder;
let handles: (ConnectHandle | undefined)[];

beforeEach(() => {
  vi.useFakeTimers({ now });
  vi.stubGlobal("reportError", vi.fn());
  server = new Server();
  windows = openWindows();
  recorder = new Recorder();
  handles = [];
});

afterEach(() => {
  for (const handle of handles) handle?.close();
  vi.unstubAllGlobals();
});

function press(options: Partial<OpenOptions> = session, onEvent = recorder.onEvent): ConnectHandle {
  const handle = open({ ...options, onEvent });
  handles.push(handle);
  return handle;
}

function continueIt(onEvent = recorder.onEvent): ConnectHandle | undefined {
  const handle = resume({ onEvent });
  handles.push(handle);
  return handle;
}

describe("a session that is open already", () => {
  it("opens in a window that cannot steer this page, and is remembered", async () => {
    press();
    expect(window.open).toHaveBeenCalledWith("about:blank", "", expect.stringContaining("popup"));
    expect(windows[0]?.opener).toBeNull();
    expect(windows[0]?.location.replace).toHaveBeenCalledWith(session.url);
    expect(recall()).toMatchObject({ ...waiting, sameTab: false });
    expect(sessionStorage.getItem("upstash-connect"), "the invitation works once").not.toContain("uci_1");
    server.answer = { state: "completed", grant_id: "grt_1" };
    await pass(2_000);
    expect(recorder.types).toEqual(["approved", "completed"]);
    expect(recall()).toBeUndefined();
  });

  it("reads the state below the path of the server", async () => {
    press({ ...session, url: "https://connect.example/upstash/connect#uci_1" });
    await pass();
    expect(server.requests[0]?.address).toBe("https://connect.example/upstash/api/v1/connect-sessions/cs_1");
  });

  it("opens in this tab when no window opens", async () => {
    const assign = vi.fn();
    vi.stubGlobal("location", { assign });
    vi.mocked(window.open).mockReturnValue(null);
    const handle = press();
    expect(assign).toHaveBeenCalledWith(session.url);
    expect(recall()).toMatchObject({ ...waiting, sameTab: true });
    expect(handle.focus()).toBe(false);
  });

  it("opens a window to which the browser copies no earlier session", () => {
    remember({ ...waiting, id: "cs_0", sameTab: true });
    const copies: unknown[] = [];
    vi.mocked(window.open).mockImplementation(() => {
      copies.push(recall());
      return null;
    });
    vi.stubGlobal("location", { assign: vi.fn() });
    press();
    expect(copies).toEqual([undefined]);
  });

  it("brings its window to the front", () => {
    expect(press().focus()).toBe(true);
    expect(windows[0]?.focus).toHaveBeenCalled();
  });
});

const hostile: [string, unknown][] = [
  ["javascript:", { ...session, url: "javascript:alert(document.domain)" }],
  ["JavaScript with spaces", { ...session, url: " JaVaScRiPt:alert(1)" }],
  ["a javascript: address with a new line", { ...session, url: "java\nscript:alert(1)" }],
  ["javascript: that contains https://", { ...session, url: "javascript:'https://connect.example'" }],
  ["data:", { ...session, url: "data:text/html,<script>alert(1)</script>" }],
  ["blob:", { ...session, url: "blob:https://connect.example/1" }],
  ["a path", { ...session, url: "/connect#uci_1" }],
  ["another host's path", { ...session, url: "//elsewhere.example/connect" }],
  ["no host", { ...session, url: "https://" }],
  ["an address that is an object", { ...session, url: { toString: () => session.url } }],
  ["no address", { ...session, url: undefined }],
  ["an id that leaves the path", { ...session, id: "../../grants" }],
  ["an id of dots", { ...session, id: ".." }],
  ["an id with a query", { ...session, id: "cs_1?x=" }],
  ["an id with half a character", { ...session, id: "\ud800" }],
  ["an id that is a list", { ...session, id: ["cs_1"] }],
  ["an empty id", { ...session, id: "" }],
  ["no id", { ...session, id: undefined }],
  ["a token with a header", { ...session, statusToken: "ucs_1\r\nCookie: a=b" }],
  ["a token beyond ASCII", { ...session, statusToken: "ucs_ü" }],
  ["no token", { ...session, statusToken: undefined }],
  ["an empty object", {}],
];

describe("hostile values", () => {
  it.each(hostile)("%s: open throws before a window opens", async (_, values) => {
    remember({ ...waiting, id: "cs_0" });
    expect(() => press(values as ConnectSession)).toThrow(TypeError);
    await pass(10_000);
    expect(windows).toEqual([]);
    expect(server.requests).toEqual([]);
    expect(recall()?.id).toBe("cs_0");
  });

  it.each([...hostile, ["null", null], ["undefined", undefined], ["text", "cs_1"]])(
    "%s from the backend: failed, and the window is gone",
    async (_, values) => {
      press({ session: async () => values as ConnectSession });
      await pass(10_000);
      expect(recorder.events).toEqual([{ type: "failed", id: "", reason: "session" }]);
      expect(windows[0]?.closed).toBe(true);
      expect(windows[0]?.location.replace).not.toHaveBeenCalled();
      expect(server.requests).toEqual([]);
      expect(recall()).toBeUndefined();
    },
  );
});

describe("a session that the backend opens", () => {
  it("opens the window in the click, and goes there when the backend has responded", async () => {
    const { promise, resolve } = deferred<ConnectSession>();
    press({ session: () => promise });
    expect(windows).toHaveLength(1);
    await pass(5_000);
    expect(recall()).toBeUndefined();
    resolve(session);
    await pass();
    expect(windows[0]?.location.replace).toHaveBeenCalledWith(session.url);
    expect(recall()?.id).toBe("cs_1");
  });

  it.each([
    ["rejects", () => Promise.reject(new Error("HTTP status 500"))],
    [
      "throws",
      () => {
        throw new Error("at once");
      },
    ],
  ])("fails when the call %s, and the window is gone", async (_, call) => {
    press({ session: call });
    await pass();
    expect(recorder.events).toEqual([{ type: "failed", id: "", reason: "session" }]);
    expect(windows[0]?.closed).toBe(true);
  });

  it("fails when the call takes longer than 30 seconds, and what it returns later opens nothing", async () => {
    const { promise, resolve } = deferred<ConnectSession>();
    press({ session: () => promise });
    await pass(29_999);
    expect(recorder.events).toEqual([]);
    expect(windows[0]?.closed).toBe(false);
    await pass(1);
    expect(recorder.events).toEqual([{ type: "failed", id: "", reason: "session" }]);
    expect(windows[0]?.closed).toBe(true);
    resolve(session);
    await pass(60_000);
    expect(recorder.types).toEqual(["failed"]);
    expect(windows[0]?.location.replace).not.toHaveBeenCalled();
    expect(recall()).toBeUndefined();
    expect(server.requests).toEqual([]);
  });

  it.each([
    ["closed", (handle: ConnectHandle) => handle.close()],
    ["detached", (handle: ConnectHandle) => handle.detach()],
  ])(
    "closes the window of a call that never ends when the handle is %s, and tells nothing",
    async (_, end) => {
      end(press({ session: () => new Promise(() => {}) }));
      await pass(30_000);
      expect(windows[0]?.closed).toBe(true);
      expect(recorder.events).toEqual([]);
    },
  );

  it("closes the blank window when the user leaves the page", async () => {
    press({ session: () => new Promise(() => {}) });
    transition("pagehide");
    expect(windows[0]?.closed).toBe(true);
  });

  it("leaves the window open once a page is there, when the user leaves this page", async () => {
    press({ session: async () => session });
    await pass();
    transition("pagehide");
    expect(windows[0]?.closed).toBe(false);
  });

  it("leaves no timer behind when the call has ended", async () => {
    server.answer = { state: "refused" };
    press({ session: async () => session });
    await pass(2_000);
    expect(recorder.types).toEqual(["refused"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("tells that the user closed the blank window, whose session nobody can open any more", async () => {
    const { promise, resolve } = deferred<ConnectSession>();
    press({ session: () => promise });
    if (windows[0]) windows[0].closed = true;
    resolve(session);
    await pass(10_000);
    expect(recorder.events).toEqual([{ type: "closed", id: "cs_1" }]);
    expect(recall()).toBeUndefined();
    expect(server.requests).toEqual([]);
  });

  it("does not look whether the window is closed once a page is there: an isolated page looks closed", async () => {
    press({ session: async () => session });
    await pass();
    if (windows[0]) windows[0].closed = true;
    await pass(20_000);
    expect(recorder.events).toEqual([]);
    expect(recall()?.id).toBe("cs_1");
  });

  it("closes the blank window when the handle is closed meanwhile", async () => {
    const { promise, resolve } = deferred<ConnectSession>();
    press({ session: () => promise }).close();
    expect(windows[0]?.closed).toBe(true);
    resolve(session);
    await pass(10_000);
    expect(recorder.events).toEqual([]);
    expect(windows[0]?.location.replace).not.toHaveBeenCalled();
    expect(recall()).toBeUndefined();
  });

  it("continues for the user when the handle is detached meanwhile, and can be resumed", async () => {
    const { promise, resolve } = deferred<ConnectSession>();
    press({ session: () => promise }).detach();
    resolve(session);
    server.answer = { state: "awaiting_completion" };
    await pass(10_000);
    expect(windows[0]?.location.replace).toHaveBeenCalledWith(session.url);
    expect(recall()?.id).toBe("cs_1");
    expect(recorder.events).toEqual([]);
    continueIt();
    await pass();
    expect(recorder.types).toEqual(["approved"]);
  });

  it("closes the window when the backend fails after the handle was detached", async () => {
    const { promise, reject } = deferred<ConnectSession>();
    press({ session: () => promise }).detach();
    reject(new Error("HTTP status 500"));
    await pass();
    expect(windows[0]?.closed).toBe(true);
    expect(recorder.events).toEqual([]);
  });
});

describe("an exception of the page's own listener", () => {
  const fault = new Error("the page's own");
  const types: string[] = [];
  const listener = ({ type }: { type: string }) => {
    types.push(type);
    throw fault;
  };
  beforeEach(() => {
    types.length = 0;
  });

  it.each([
    ["approved", { state: "awaiting_completion" }],
    ["closed", { state: "consenting", left: true }],
  ])("of %s is the page's, and the following continues", async (type, answer) => {
    server.answer = answer;
    press({ session: async () => session }, listener);
    await pass();
    server.answer = { state: "refused" };
    await pass(5_000);
    expect(types).toEqual([type, "refused"]);
    expect(vi.mocked(reportError).mock.calls).toEqual([[fault], [fault]]);
  });

  it("of failed does not cause a second one", async () => {
    press({ session: () => Promise.reject(new Error("HTTP status 500")) }, listener);
    await pass();
    expect(types).toEqual(["failed"]);
    expect(reportError).toHaveBeenCalledWith(fault);
  });

  it("of a closed blank window does not become failed", async () => {
    const { promise, resolve } = deferred<ConnectSession>();
    press({ session: () => promise }, listener);
    windows[0]?.close();
    resolve(session);
    await pass();
    expect(types).toEqual(["closed"]);
    expect(reportError).toHaveBeenCalledWith(fault);
  });
});

describe("the memory", () => {
  it("stays when the window was closed: the user may still finish in another tab", async () => {
    server.answer = { state: "consenting", left: true };
    press();
    await pass(10_000);
    expect(recorder.types).toEqual(["closed"]);
    expect(recall()?.id).toBe("cs_1");
  });

  it.each(["end", "handle"])("keeps the later session when the earlier one's %s comes", async (how) => {
    const earlier = press();
    press({ ...session, id: "cs_2" });
    if (how === "handle") earlier.close();
    server.answer = { state: "expired" };
    server.others.cs_2 = { state: "consenting" };
    await pass(2_000);
    expect(recorder.types).toEqual(how === "handle" ? [] : ["failed"]);
    expect(recall()?.id).toBe("cs_2");
  });

  it("goes to one follower of a page", async () => {
    remember(waiting);
    server.answer = { state: "refused" };
    expect(continueIt()).toBeDefined();
    expect(continueIt()).toBeUndefined();
    await pass(10_000);
    expect(recorder.types).toEqual(["refused"]);
  });

  it("goes to the next follower after the first detached, to none after it closed", async () => {
    remember(waiting);
    continueIt()?.detach();
    const second = continueIt();
    expect(second).toBeDefined();
    second?.close();
    expect(continueIt()).toBeUndefined();
  });
});
