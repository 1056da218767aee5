import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { recall, remember } from "./memory.ts";
import { deferred, now, type OpenedWindow, openWindows, pass, Server, session, waiting } from "./testing.ts";
import type { ConnectEvent } from "./types.ts";

const eventTypes = ["approved", "completed", "database-selected", "refused", "closed", "failed"];
const sheets = class {
  replaceSync() {}
};

let server: Server;
let windows: OpenedWindow[];
let heard: { id: string; event: ConnectEvent }[];

beforeEach(async () => {
  vi.useFakeTimers({ now });
  vi.stubGlobal("CSSStyleSheet", sheets); // jsdom has no constructed style sheets
  server = new Server();
  windows = openWindows();
  heard = [];
  for (const type of eventTypes) document.addEventListener(type, hear);
  await import("./index.ts");
});

afterEach(async () => {
  document.body.replaceChildren();
  await pass();
  for (const type of eventTypes) document.removeEventListener(type, hear);
  vi.unstubAllGlobals();
});

function hear(event: Event): void {
  heard.push({ id: (event.target as Element).id, event: (event as CustomEvent<ConnectEvent>).detail });
}

const types = () => heard.map(({ id, event }) => `${id} ${event.type}`);

function button(id: string, attributes: Record<string, string> = {}): HTMLElement {
  const element = document.createElement("upstash-connect");
  for (const [name, value] of Object.entries({ id, ...attributes })) element.setAttribute(name, value);
  document.body.append(element);
  return element;
}

const ready = { url: session.url, "session-id": session.id, "status-token": session.statusToken };

function press(element: Element): void {
  element.shadowRoot?.querySelector("button")?.click();
}

const note = (element: Element) => element.shadowRoot?.querySelector("p")?.textContent;

describe("a press", () => {
  it("opens the session of the attributes, and tells how it goes", async () => {
    const element = button("a", ready);
    press(element);
    expect(windows[0]?.location.replace).toHaveBeenCalledWith(session.url);
    expect(element.getAttribute("state")).toBe("waiting");
    server.answer = { state: "completed", grant_id: "grt_1" };
    await pass(2_000);
    expect(types()).toEqual(["a approved", "a completed"]);
    expect(note(element)).toBe("Your Upstash account is connected.");
  });

  it("asks the endpoint for a session", async () => {
    press(button("a", { "session-endpoint": "/upstash/connect" }));
    expect(server.requests[0]).toMatchObject({
      address: "/upstash/connect",
      init: { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } },
    });
    server.answer = { url: session.url, id: "cs_1", status_token: "ucs_1", state: "open" };
    press(document.getElementById("a") as Element);
    await pass();
    expect(recall()).toMatchObject({ ...waiting, endpoint: "/upstash/connect" });
  });

  it.each([
    ["neither an address nor an endpoint", {}],
    ["an address without an id", { url: session.url }],
    ["a hostile address", { ...ready, url: "javascript:alert(1)" }],
  ])("with %s fails, and leaves no window open", async (_, attributes) => {
    const element = button("a", attributes);
    press(element);
    await pass();
    expect(heard).toEqual([{ id: "a", event: { type: "failed", id: "", reason: "session" } }]);
    expect(element.getAttribute("state")).toBe("failed");
    expect(windows.every(({ closed }) => closed)).toBe(true);
    expect(server.requests).toEqual([]);
  });

  it.each([500, { error: "not logged in" }, null])("fails when the endpoint answers %j", async (answer) => {
    server.answer = answer;
    press(button("a", { "session-endpoint": "/upstash/connect" }));
    await pass();
    expect(heard).toEqual([{ id: "a", event: { type: "failed", id: "", reason: "session" } }]);
    expect(windows[0]?.closed).toBe(true);
  });

  it("fails when the endpoint never answers, and no connection stays open", async () => {
    const controller = new AbortController();
    const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(controller.signal);
    const element = button("a", { "session-endpoint": "/upstash/connect" });
    server.answer = new Promise(() => {});
    press(element);
    expect(timeout).toHaveBeenCalledWith(30_000);
    expect(server.requests[0]?.init.signal).toBe(controller.signal);
    await pass(29_000);
    expect(windows[0]?.closed).toBe(false);
    controller.abort(new DOMException("30 seconds", "TimeoutError"));
    await pass();
    expect(heard).toEqual([{ id: "a", event: { type: "failed", id: "", reason: "session" } }]);
    expect(element.getAttribute("state")).toBe("failed");
    expect(windows[0]?.closed).toBe(true);
  });

  it("during another press starts over: only the later one counts", async () => {
    const element = button("a", { "session-endpoint": "/upstash/connect" });
    press(element);
    press(element);
    expect(windows.map(({ closed }) => closed)).toEqual([true, false]);
  });

  it("after the window was closed starts over, and the end of the earlier session is no news", async () => {
    const element = button("a", ready);
    server.answer = { state: "consenting", left: true };
    press(element);
    await pass(5_000);
    expect(types()).toEqual(["a closed"]);
    element.setAttribute("session-id", "cs_2");
    server.answer = { state: "expired" };
    server.others.cs_2 = { state: "awaiting_completion" };
    press(element);
    await pass(60_000);
    expect(types()).toEqual(["a closed", "a approved"]);
  });

  it("uses properties that the page set before the script ran", () => {
    // A later definition of the same class, which upgrades an element that is there already.
    const element = document.createElement("upstash-later");
    Object.assign(element, { url: session.url, sessionId: "cs_1", statusToken: "ucs_1" });
    document.body.append(element);
    const Button = customElements.get("upstash-connect") as typeof HTMLElement;
    customElements.define("upstash-later", class extends Button {});
    press(element);
    expect(windows[0]?.location.replace).toHaveBeenCalledWith(session.url);
  });
});

describe("an exception of the page's own listener", () => {
  it("is the page's, and does not become failed", async () => {
    const uncaught = vi.fn((event: ErrorEvent) => event.preventDefault());
    window.addEventListener("error", uncaught);
    const element = button("a", ready);
    element.addEventListener("approved", () => {
      throw new Error("the page's own");
    });
    server.answer = { state: "awaiting_completion" };
    press(element);
    await pass();
    server.answer = { state: "completed" };
    await pass(2_000);
    window.removeEventListener("error", uncaught);
    expect(types()).toEqual(["a approved", "a completed"]);
    expect(uncaught).toHaveBeenCalledTimes(1);
  });
});

describe("the session of an earlier load of the page", () => {
  it("goes to one of two buttons", async () => {
    remember(waiting);
    server.answer = { state: "completed" };
    button("a");
    button("b");
    await pass(10_000);
    expect(types()).toEqual(["a approved", "a completed"]);
  });

  it("goes to the button of its endpoint", async () => {
    remember({ ...waiting, endpoint: "/two" });
    server.answer = { state: "refused" };
    button("a", { "session-endpoint": "/one" });
    button("b", { "session-endpoint": "/two" });
    await pass(10_000);
    expect(types()).toEqual(["b refused"]);
  });

  it("goes to a button when the browser shows a kept page again", async () => {
    const element = button("a");
    await pass();
    remember(waiting);
    server.answer = { state: "refused" };
    window.dispatchEvent(new Event("pageshow"));
    expect(element.getAttribute("state")).toBe("waiting");
    await pass();
    expect(types()).toEqual(["a refused"]);
  });
});

describe("a button that the page removes", () => {
  it("while the backend opens the session: the user continues there, and the next button hears it", async () => {
    const { promise, resolve } = deferred();
    server.answer = promise;
    const element = button("a", { "session-endpoint": "/upstash/connect" });
    press(element);
    element.remove();
    await pass();
    button("b", { "session-endpoint": "/upstash/connect" });
    server.answer = { state: "refused" };
    resolve({ url: session.url, id: "cs_1", status_token: "ucs_1" });
    await pass(2_000);
    expect(windows[0]?.location.replace).toHaveBeenCalledWith(session.url);
    expect(windows[0]?.closed).toBe(false);
    expect(types()).toEqual(["b refused"]);
  });

  it("leaves the session to a button that is there already", async () => {
    const element = button("a", ready);
    button("b");
    press(element);
    await pass();
    element.remove();
    server.answer = { state: "refused" };
    await pass(2_000);
    expect(types()).toEqual(["b refused"]);
  });

  it("stops reading when no other is there, and remembers the session", async () => {
    const element = button("a", ready);
    press(element);
    await pass();
    element.remove();
    await pass(60_000);
    expect(server.requests).toHaveLength(1);
    expect(recall()?.id).toBe("cs_1");
  });

  it("and inserts elsewhere keeps its session", async () => {
    const element = button("a", ready);
    button("b");
    press(element);
    await pass();
    document.body.append(element);
    server.answer = { state: "refused" };
    await pass(2_000);
    expect(types()).toEqual(["a refused"]);
  });
});
