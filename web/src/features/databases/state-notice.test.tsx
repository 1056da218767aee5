import { act, screen } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, test } from "vitest";
import { catalog, database } from "@/test/fixtures";
import { renderConnected } from "@/test/render";
import { server, url } from "@/test/server";
import { DetailPage } from "./detail-page";
import { databasePage } from "./open-in-upstash";

function show(changes: Partial<typeof database>, ...operations: string[]) {
  let state = { ...database, ...changes };
  const open = operations.map((name) => ({ name, effect: "change", fresh_login: true }));
  server.use(
    http.get(url("/databases/db-1"), () => HttpResponse.json(state)),
    http.get(url("/catalog"), () =>
      HttpResponse.json({ ...catalog, operations: [...catalog.operations, ...open] }),
    ),
  );
  renderConnected(<DetailPage id="db-1" />);
  return (next: Partial<typeof database>) => {
    state = { ...state, ...next };
  };
}

const link = () => screen.findByRole("link", { name: /^Open in Upstash/ });

test("an active database: how to connect comes before the facts, and its page in the console", async () => {
  show({});
  expect((await link()).getAttribute("href")).toBe("http://127.0.0.1:8082/console/redis/db-1");
  const connect = screen.getByRole("heading", { level: 2, name: "Connect" });
  const facts = screen.getByRole("region", { name: "Details" });
  expect(connect.compareDocumentPosition(facts) & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy();
  for (const fact of ["Endpoint", "REST URL", "Password"]) {
    expect(screen.queryAllByText(fact), "no fact is there twice").toHaveLength(fact === "Password" ? 0 : 1);
  }
});

test("a suspended database: the usual reasons, what to do, one way to the console, and nothing to reveal", async () => {
  show({ state: "suspended" });
  await screen.findByRole("heading", { level: 2, name: "Upstash has suspended this database" });
  screen.getByText(/monthly budget. Raise the budget in Upstash/);
  screen.getByText(/A payment has failed/);
  await link();
  expect(screen.getAllByRole("link", { name: /^Open in Upstash/ })).toHaveLength(1);
  expect(screen.queryByRole("button", { name: "Reveal credentials" })).toBeNull();
});

test("where the page can change the budget, a suspended database says so", async () => {
  show({ state: "suspended" }, "redis.budget");
  await screen.findByText(/Raise the budget in the settings below/);
});

test("on the free plan there is no budget to raise", async () => {
  show({ state: "suspended", plan: "free" }, "redis.budget");
  await screen.findByText(/a limit of the free plan/);
  expect(screen.queryByText(/budget in/)).toBeNull();
});

test("once it is active again, the page shows how to connect when the user returns to it", async () => {
  const change = show({ state: "suspended" });
  await screen.findByRole("heading", { name: "Upstash has suspended this database" });
  change({ state: "active" });
  act(() => void window.dispatchEvent(new Event("visibilitychange")));
  await screen.findByRole("heading", { level: 2, name: "Connect" });
});

test.each([
  ["https://console.upstash.com/account/api", "https://console.upstash.com/redis/a%2Fb"],
  ["http://127.0.0.1:8082/console/account/api", "http://127.0.0.1:8082/console/redis/a%2Fb"],
  ["javascript:alert(1)", undefined],
  [undefined, undefined],
])("with the console's page %s, that of a database is %s", (consoleUrl, address) => {
  expect(databasePage(consoleUrl, "a/b")).toBe(address);
});
