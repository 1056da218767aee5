import { render, screen } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { afterEach, expect, test, vi } from "vitest";
import { Router } from "wouter";
import { rememberOpenedInvitation } from "@/features/consent/opened-invitation";
import { homeOf, rememberWindow } from "@/features/login-window/window-context";
import { connectPath, findAttempt, rememberAttempt } from "@/shared/connect/attempt";
import { broadcast, listen, type Notice } from "@/shared/connect/channel";
import { rememberFinishedLogin } from "@/shared/connect/finished-login";
import { addressOf, publicPath } from "@/shared/public-path";
import { rememberDeparture } from "@/shared/session/departure";
import { rememberConnected, wasConnected } from "@/shared/session/returning";
import { writeBrand } from "@/test/brand";
import { config, session } from "@/test/fixtures";
import { server } from "@/test/server";
import { App } from "./app";

/** What the server writes into the document. */
function servedUnder(path: string) {
  document.head.innerHTML = `<meta name="public-path" content="${path}/">`;
}

afterEach(() => {
  document.head.innerHTML = "";
  localStorage.clear();
  sessionStorage.clear();
});

test("at the root of an origin, and where no server wrote anything, an address is its path", () => {
  expect(addressOf("/callback")).toBe("/callback");
  servedUnder("");
  expect(addressOf("/callback")).toBe("/callback");
});

test("every address of ours begins with the path that the server wrote", () => {
  servedUnder("/up/here");
  expect(addressOf("/")).toBe("/up/here/");
  expect(connectPath(rememberAttempt({ id: "a" }), "window")).toBe("/up/here/connect?attempt=a");
  expect(homeOf({ attempt: undefined, mode: "redirect" })).toBe("/up/here/");
  expect(homeOf({ attempt: undefined, mode: "redirect", forService: "cs_1" })).toBe("/up/here/connect");
});

/** What the browser keeps once a page has remembered all that it can. */
function names() {
  rememberAttempt({ id: "a" });
  rememberOpenedInvitation();
  rememberWindow({ attempt: "a", mode: "window" });
  rememberFinishedLogin({ forService: "cs_1", connection: "c" });
  rememberDeparture("signed_out");
  rememberConnected(true);
  return [...Object.keys(localStorage), ...Object.keys(sessionStorage)];
}

test("what the browser keeps is kept apart by the path, and has the old names without one", () => {
  servedUnder("/up");
  const under = names();
  expect(under).toHaveLength(6);
  for (const name of under) expect(name).toMatch(/^upstash-connect\.[a-z-]+\/up$/);
  servedUnder("");
  expect(findAttempt("a")).toBeUndefined();
  expect(wasConnected()).toBe(false);
  expect(names()).toEqual(expect.arrayContaining(under.map((name) => name.replace("/up", ""))));
});

test("a page hears the login windows of its own path alone", async () => {
  const heard: Notice[] = [];
  servedUnder("/up");
  const stop = listen((notice) => heard.push(notice));
  servedUnder("/other");
  broadcast({ type: "connected", attempt: "other" });
  servedUnder("/up");
  broadcast({ type: "connected", attempt: "own" });
  await vi.waitFor(() => expect(heard.map((notice) => notice.attempt)).toContain("own"));
  stop();
  expect(heard).toEqual([{ type: "connected", attempt: "own" }]);
});

test("no name is used that another path would share", () => {
  const sources: Record<string, string> = import.meta.glob("/src/**/*.{ts,tsx}", {
    query: "?raw",
    import: "default",
    eager: true,
  });
  const shared = Object.entries(sources)
    .filter(([file]) => !/\.test\.tsx?$/.test(file))
    .flatMap(([file, text]) => text.split("\n").map((line) => `${file}: ${line.trim()}`))
    .filter((line) => line.includes('"upstash-connect') && !line.includes("ownName("));
  expect(shared).toEqual([]);
});

test("under a path the app reads its own route, its links and its calls begin with the path", async () => {
  servedUnder("/up");
  const under = (path: string) => `http://localhost:8080/up/api/v1${path}`;
  server.use(
    http.get(under("/config"), () => HttpResponse.json(config)),
    http.get(under("/session"), () => HttpResponse.json(session())),
    http.get(under("/databases"), () => HttpResponse.json({ databases: [] })),
  );
  writeBrand({ sandbox: true });
  window.history.replaceState(null, "", "/up/nowhere");
  render(
    <Router base={publicPath()}>
      <App />
    </Router>,
  );
  const home = await screen.findByRole("link", { name: "Go to your databases" }, { timeout: 4000 });
  expect(home.getAttribute("href")).toBe("/up/");
  expect(screen.getByRole("link", { name: "API reference" }).getAttribute("href")).toBe("/up/api/v1/docs");
});
