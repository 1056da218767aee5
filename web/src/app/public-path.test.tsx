import { render, screen } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { afterEach, expect, test } from "vitest";
import { Router } from "wouter";
import { homeOf } from "@/features/login-window/window-context";
import { connectPath, rememberAttempt } from "@/shared/connect/attempt";
import { addressOf, publicPath } from "@/shared/public-path";
import { config, session } from "@/test/fixtures";
import { server } from "@/test/server";
import { App } from "./app";

/** What the server writes into the document. */
function servedUnder(path: string) {
  document.head.innerHTML = `<meta name="public-path" content="${path}/">`;
}

afterEach(() => {
  document.head.innerHTML = "";
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

test("under a path the app reads its own route, its links and its calls begin with the path", async () => {
  servedUnder("/up");
  const under = (path: string) => `http://localhost:8080/up/api/v1${path}`;
  server.use(
    http.get(under("/config"), () => HttpResponse.json(config)),
    http.get(under("/session"), () => HttpResponse.json(session())),
    http.get(under("/databases"), () => HttpResponse.json({ databases: [] })),
  );
  window.history.replaceState(null, "", "/up/nowhere");
  render(
    <Router base={publicPath()}>
      <App />
    </Router>,
  );
  const home = await screen.findByRole("link", { name: "Go to your databases" });
  expect(home.getAttribute("href")).toBe("/up/");
  expect(screen.getByRole("link", { name: "API documentation" }).getAttribute("href")).toBe(
    "/up/api/v1/docs",
  );
});
