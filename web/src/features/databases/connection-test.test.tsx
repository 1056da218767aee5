import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { delay, HttpResponse, http } from "msw";
import { beforeEach, expect, test } from "vitest";
import type { PingResult } from "@/shared/api/types";
import { catalog, database } from "@/test/fixtures";
import { renderConnected } from "@/test/render";
import { problem, server, url } from "@/test/server";
import { ConnectionTest } from "./connection-test";

const user = userEvent.setup();
let tests: number;

/** The server answers each test with this outcome, once it may. */
function respond(outcome: PingResult, whenAllowed: Promise<void> = Promise.resolve()) {
  server.use(
    http.post(url("/databases/db-1/ping"), async () => {
      tests++;
      await whenAllowed;
      return HttpResponse.json(outcome);
    }),
  );
}

function heldBack() {
  let answer = () => {};
  const allowed = new Promise<void>((resolve) => {
    answer = resolve;
  });
  return { allowed, answer: () => answer() };
}

beforeEach(() => {
  tests = 0;
  server.use(http.get(url("/catalog"), () => HttpResponse.json(catalog)));
});

async function press() {
  renderConnected(<ConnectionTest database={database} />);
  await user.click(screen.getByRole("button", { name: "Test the connection" }));
}

test("nothing is tested until the button is pressed", async () => {
  respond({ reachable: true, latency_ms: 23 });
  renderConnected(<ConnectionTest database={database} />);
  await delay(50);
  expect(tests).toBe(0);
  expect(screen.getByRole("status").textContent).toBe("");
  screen.getByText(/Each test is recorded in the audit log/);
});

test("the status announces the test and its outcome, and tells who measured the time", async () => {
  const { allowed, answer } = heldBack();
  respond({ reachable: true, latency_ms: 1234 }, allowed);
  await press();
  expect(screen.getByRole("status").textContent).toBe("Testing…");
  answer();
  await screen.findByText(/reached the database in 1,234 ms/);
  expect(screen.getByRole("status").textContent).toMatch(
    /^ ?The server of .+ reached .+ From other networks/,
  );
  expect(screen.queryByRole("link")).toBeNull();
});

test("a second press during a test makes no second test, and a later one does", async () => {
  const { allowed, answer } = heldBack();
  respond({ reachable: true, latency_ms: 23 }, allowed);
  renderConnected(<ConnectionTest database={database} />);
  const button = screen.getByRole("button", { name: "Test the connection" });
  await user.dblClick(button);
  answer();
  await screen.findByText(/23 ms/);
  expect(tests).toBe(1);
  await user.click(button);
  await screen.findByText(/23 ms/);
  expect(tests).toBe(2);
});

test.each([
  ["name_not_resolved", /could not resolve the name/, true],
  ["connection_failed", /did not accept the connection/, true],
  ["timeout", /within 5 seconds/, true],
  ["unexpected_answer", /not that of a database/, true],
  ["tls_failed", /certificate is invalid.*Tell the operator/, false],
  ["proxy_failed", /forward proxy.*Tell the operator/, false],
  ["address_not_allowed", /does not call.*Tell the operator/, false],
  ["token_rejected", /rejected its token/, false],
  ["command_rejected", /open it in Upstash/, false],
  ["a reason of tomorrow", /did not reach the database/, false],
])("%s has words of its own, and the way on", async (reason, words, statusPage) => {
  respond({ reachable: false, reason });
  await press();
  await screen.findByText(words);
  expect(screen.getByRole("status").textContent).toMatch(words);
  const link = screen.queryByRole("link", { name: /^Status page of Upstash/ });
  expect(link?.getAttribute("href")).toBe(statusPage ? "https://status.upstash.com/" : undefined);
});

test.each(["suspended", "not_active"])(
  "%s offers to show the state, which reads the database",
  async (reason) => {
    respond({ reachable: false, reason });
    const { client } = renderConnected(<ConnectionTest database={database} />);
    client.setQueryData(["account", "con-1", "database", "db-1"], database);
    await user.click(screen.getByRole("button", { name: "Test the connection" }));
    await user.click(await screen.findByRole("button", { name: "Show its state" }));
    const stale = client
      .getQueryCache()
      .getAll()
      .filter(({ queryKey, state }) => queryKey.includes("db-1") && state.isInvalidated);
    expect(stale).toHaveLength(1);
  },
);

test("a test that was not made is a problem, not an outcome", async () => {
  server.use(http.post(url("/databases/db-1/ping"), () => problem(503, "upstream_unavailable")));
  await press();
  await screen.findByRole("alert");
  expect(screen.getByRole("status").textContent).toBe("");
});

test("an installation without credentials offers no test", async () => {
  const operations = catalog.operations.filter(({ name }) => name !== "redis.credentials");
  server.use(http.get(url("/catalog"), () => HttpResponse.json({ ...catalog, operations })));
  renderConnected(<ConnectionTest database={database} />);
  await expect.poll(() => screen.queryByRole("button")).toBeNull();
});
