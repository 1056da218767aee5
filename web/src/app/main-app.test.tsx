import { act, fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { type DefaultBodyType, HttpResponse, http } from "msw";
import { expect, test, vi } from "vitest";
import { writeBrand } from "@/test/brand";
import { catalog, config, database, grant, session } from "@/test/fixtures";
import { problem, server, url } from "@/test/server";
import { App } from "./app";
import "./connected-app"; // read before the tests begin: it takes longer than they wait

const user = userEvent.setup();
const rest = (ms: number) => new Promise((done) => setTimeout(done, ms));

function connected(databases: () => HttpResponse<DefaultBodyType>) {
  server.use(
    http.get(url("/session"), () => HttpResponse.json(session())),
    http.get(url("/catalog"), () => HttpResponse.json(catalog)),
    http.get(url("/databases"), () => databases()),
  );
}

test("a newcomer sees the landing page, under the name that the server wrote", async () => {
  writeBrand({ name: "Shop" });
  const asked: string[] = [];
  server.use(
    http.get(url("/session"), ({ request }) => {
      asked.push(new URL(request.url).search);
      return new HttpResponse(null, { status: 204 });
    }),
  );
  render(<App />);
  await screen.findByRole("heading", { level: 1, name: "Connect Upstash to Shop" });
  screen.getByRole("button", { name: "Connect Upstash" });
  expect(screen.queryByText(/You are signed out/)).toBeNull();
  expect(document.title).toBe("Connect Upstash to Shop · Shop");
  expect(asked, "a 401 would be an error in the console").toEqual(["?optional=true"]);
});

test("before the session is known only the frame shows, and after a while a sign of waiting in it", async () => {
  let answer: (response: HttpResponse<DefaultBodyType>) => void = () => {};
  server.use(
    http.get(
      url("/session"),
      () =>
        new Promise<HttpResponse<DefaultBodyType>>((done) => {
          answer = done;
        }),
    ),
  );
  render(<App />);
  await rest(30);
  screen.getByRole("banner");
  expect(screen.getByRole("main").textContent).toBe("");
  expect(screen.getByRole("main").contains(await screen.findByRole("status"))).toBe(true);
  expect(screen.queryByRole("button")).toBeNull();
  answer(problem(401, "authentication_required"));
  await screen.findByRole("button", { name: "Connect Upstash" });
});

test("the list: names, human labels, states", async () => {
  connected(() =>
    HttpResponse.json({
      databases: [
        database,
        {
          ...database,
          id: "db-2",
          name: "cache",
          state: "hibernating",
          read_regions: ["eu-west-1"],
          created_at: null,
        },
      ],
    }),
  );
  render(<App />);
  const rows = (await screen.findAllByRole("row")).slice(1).map((row) => row.textContent);
  expect(rows[0]).toContain("orders");
  expect(rows[0]).toContain("Active");
  await vi.waitFor(() =>
    expect(screen.getAllByRole("row")[1]?.textContent).toContain("US East (N. Virginia)"),
  );
  expect(rows[1]).toContain("hibernating");
  expect(rows[1]).toContain("+1 read");
  expect(rows[0]).toMatch(/days? ago|months? ago|now/);
  expect(rows[1]).toContain("unknown");
});

test("an empty account shows what to do", async () => {
  connected(() => HttpResponse.json({ databases: [] }));
  render(<App />);
  await screen.findByRole("link", { name: "Create your first database" });
});

test("a failed list shows words, the request number and Retry, which works", async () => {
  let calls = 0;
  connected(() => (calls++ === 0 ? problem(500, "internal") : HttpResponse.json({ databases: [database] })));
  render(<App />);
  expect((await screen.findByRole("alert")).textContent).toContain("Something went wrong on our side");
  screen.getByText("req-42");
  await user.click(screen.getByRole("button", { name: "Retry" }));
  await screen.findByRole("link", { name: "orders" });
});

test("503 says when it asks again, and does", async () => {
  let calls = 0;
  connected(() =>
    calls++ === 0
      ? problem(503, "upstream_unavailable", {}, { "Retry-After": "1" })
      : HttpResponse.json({ databases: [database] }),
  );
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] }); // the countdown's clock
  render(<App />);
  await screen.findByText("1 s");
  expect(calls).toBe(1);

  await act(() => vi.advanceTimersByTimeAsync(1_000));
  await screen.findByRole("link", { name: "orders" });
  expect(calls).toBe(2);
});

test.each(["session_expired", "authentication_required"])(
  "401 %s while connected ends on one calm screen, not in a loop",
  async (code) => {
    let calls = 0;
    connected(() => {
      calls++;
      return problem(401, code);
    });
    render(<App />);
    await screen.findByRole("heading", { level: 1, name: "Your session has ended" });
    screen.getByRole("button", { name: "Log in again" });
    await rest(300);
    expect(calls).toBe(1);
    expect(screen.queryByText("demo@example.com")).toBeNull();
  },
);

test("a cookie that is no longer good gives the same screen at the first visit", async () => {
  server.use(http.get(url("/session"), () => problem(401, "session_expired")));
  render(<App />);
  await screen.findByRole("heading", { level: 1, name: "Your session has ended" });
});

test.each(["reconnect_required", "connect_required"])("409 %s asks to reconnect", async (code) => {
  connected(() => problem(409, code));
  render(<App />);
  await screen.findByRole("heading", { level: 1, name: "Upstash no longer accepts the stored key" });
  screen.getByRole("button", { name: "Reconnect" });
});

test("a connection that needs a new key says so at once", async () => {
  server.use(http.get(url("/session"), () => HttpResponse.json(session({ state: "reconnect_required" }))));
  render(<App />);
  await screen.findByRole("button", { name: "Reconnect" });
});

test("an unknown address is a page of its own", async () => {
  window.history.replaceState(null, "", "/nowhere");
  connected(() => HttpResponse.json({ databases: [] }));
  render(<App />);
  await screen.findByRole("heading", { level: 1, name: "Page not found" });
});

test("a new database is shown, highlighted, focused, announced, and watched until it is active", async () => {
  let state = "creating";
  const created = { ...database, id: "db-9", name: "fresh" };
  connected(() => HttpResponse.json({ databases: [database, { ...created, state }] }));
  server.use(http.post(url("/databases"), () => HttpResponse.json({ ...created, state }, { status: 201 })));
  window.history.replaceState(null, "", "/databases/new");
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }); // the polls' clock
  render(<App />);
  await user.type(await screen.findByRole("textbox", { name: "Name" }), "fresh");
  await user.selectOptions(screen.getByRole("combobox", { name: "Primary region" }), "us-east-1");
  await user.click(screen.getByRole("button", { name: "Create database" }));

  const link = await screen.findByRole("link", { name: "fresh" });
  expect(screen.queryByRole("link", { name: "View credentials" })).toBeNull();
  expect(window.location.pathname).toBe("/");
  expect(document.activeElement).toBe(link);
  expect(link.closest("tr")?.className).toContain("created");
  expect(link.closest("tr")?.textContent).toContain("Creating");
  expect(screen.getByTestId("announcer").textContent).toContain("Creating fresh");

  state = "active";
  await act(() => vi.advanceTimersByTimeAsync(2_500));
  await vi.waitFor(() =>
    expect(screen.getByRole("link", { name: "fresh" }).closest("tr")?.textContent).toContain("Active"),
  );
  expect(screen.getByTestId("announcer").textContent).toContain("fresh is ready");
  const credentials = screen.getByRole("link", { name: "View credentials" });
  expect(credentials.getAttribute("href")).toBe("/databases/db-9");
});

test("the focus goes to the heading of a new page", async () => {
  connected(() => HttpResponse.json({ databases: [database] }));
  server.use(http.get(url("/databases/db-1"), () => HttpResponse.json(database)));
  render(<App />);
  await user.click(await screen.findByRole("link", { name: "orders" }));
  const heading = await screen.findByRole("heading", { level: 1, name: "orders" });
  expect(document.activeElement).toBe(heading);
  expect(document.title).toBe("orders · ACME");
});

test("the details name the region and the database as a configuration needs them", async () => {
  window.history.replaceState(null, "", "/databases/db-1");
  connected(() => HttpResponse.json({ databases: [database] }));
  server.use(http.get(url("/databases/db-1"), () => HttpResponse.json(database)));
  render(<App />);
  await vi.waitFor(() => expect(document.body.textContent).toMatch(/US East \(N. Virginia\)\s· us-east-1/));
  screen.getByText("db-1");
  expect(document.body.textContent).not.toContain("Certificate authority");
});

test("the details name the authority that only a sandbox has", async () => {
  window.history.replaceState(null, "", "/databases/db-1");
  connected(() => HttpResponse.json({ databases: [database] }));
  server.use(
    http.get(url("/databases/db-1"), () => HttpResponse.json(database)),
    http.get(url("/config"), () => HttpResponse.json({ ...config, redis_ca_file: "/tmp/redis-ca.pem" })),
  );
  render(<App />);
  await screen.findByText("/tmp/redis-ca.pem");
});

test("a database that is not there leads back to those that are", async () => {
  window.history.replaceState(null, "", "/databases/db-404");
  connected(() => HttpResponse.json({ databases: [database] }));
  server.use(http.get(url("/databases/db-404"), () => problem(404, "database_not_found")));
  render(<App />);
  await screen.findByText("Database not found");
  expect(screen.queryByRole("button", { name: "Retry" })).toBeNull();
  await user.click(screen.getByRole("link", { name: "Go to your databases" }));
  await screen.findByRole("link", { name: "orders" });
});

test("leftover keys are named, with the way to the console", async () => {
  connected(() => HttpResponse.json({ databases: [] }));
  const key = {
    name: "ACME_API_KEY_0_old",
    state: "left_behind" as const,
    since: "2026-11-01T00:00:00Z",
    console_url: "https://console.upstash.com/account/api",
  };
  server.use(http.get(url("/session"), () => HttpResponse.json(session({ leftover_keys: [key] }))));
  render(<App />);
  await screen.findByText("ACME_API_KEY_0_old");
  const link = screen.getByText(/Open the Upstash console/).closest("a");
  expect(link?.getAttribute("href")).toBe(key.console_url);
  expect(link?.getAttribute("rel")).toContain("noreferrer");
});

test("leftover keys stand below the databases; a deleted one leaves the list for good, hidden ones for this tab", async () => {
  connected(() => HttpResponse.json({ databases: [] }));
  const key = (name: string) => ({
    name,
    state: "left_behind" as const,
    since: "2026-11-01T00:00:00Z",
    console_url: "https://console.upstash.com/account/api",
  });
  const leftover_keys = [key("KEY_1"), key("KEY_2")];
  server.use(http.get(url("/session"), () => HttpResponse.json(session({ leftover_keys }))));
  const first = render(<App />);
  const summary = await screen.findByText("2 keys of an earlier connection can be deleted");
  const task = await screen.findByRole("link", { name: "Create your first database" });
  expect(task.compareDocumentPosition(summary) & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy();
  expect(screen.queryByRole("list", { name: "Keys to delete" })).toBeNull();
  await user.click(summary);
  expect(summary.getAttribute("aria-expanded")).toBe("true");
  screen.getByRole("list", { name: "Keys to delete" });

  fireEvent.click(screen.getByText("I deleted it", { selector: "li:first-child button" }));
  screen.getByText("One key of an earlier connection can be deleted");
  expect(document.activeElement).toBe(screen.getByText("KEY_2").closest("ul"));
  await user.click(screen.getByRole("button", { name: "Hide the notice about keys" }));
  expect(screen.queryByText("KEY_2")).toBeNull();
  expect(document.activeElement?.id).toBe("content");

  first.unmount();
  const second = render(<App />);
  await screen.findByRole("link", { name: "Create your first database" });
  expect(screen.queryByText("KEY_2")).toBeNull();

  second.unmount();
  sessionStorage.clear();
  render(<App />);
  await screen.findByText("KEY_2");
  expect(screen.queryByText("KEY_1")).toBeNull();
});

test("a console address that is no web address is not made a link", async () => {
  connected(() => HttpResponse.json({ databases: [] }));
  const key = { name: "K", state: "uncertain" as const, since: "", console_url: "javascript:alert(1)" };
  server.use(http.get(url("/session"), () => HttpResponse.json(session({ leftover_keys: [key] }))));
  render(<App />);
  await screen.findByText("K");
  expect(screen.queryByText(/Open the Upstash console/)).toBeNull();
});

test("signing out clears the page, and a late response does not bring data back", async () => {
  connected(() => HttpResponse.json({ databases: [database] }));
  server.use(http.delete(url("/session"), () => new HttpResponse(null, { status: 204 })));
  render(<App />);
  await screen.findByRole("link", { name: "orders" });
  await user.click(screen.getByText("demo@example.com"));
  await user.click(screen.getByRole("menuitem", { name: "Sign out" }));
  await screen.findByRole("button", { name: "Connect Upstash" });
  expect(screen.queryByText("orders")).toBeNull();
  expect(screen.getByTestId("announcer").textContent).toContain("You are signed out");
  screen.getByText("You are signed out of ACME. You may still be logged in at Upstash.");
});

test("disconnecting asks for confirmation, then names the key to delete", async () => {
  connected(() => HttpResponse.json({ databases: [] }));
  let calls = 0;
  server.use(
    http.get(url("/connection/grants"), () =>
      HttpResponse.json({
        grants: [grant(), grant({ id: "g2", state: "paused" }), grant({ id: "g3", state: "revoked" })],
      }),
    ),
    http.delete(url("/connection"), () => {
      calls++;
      return HttpResponse.json({
        manual_action_required: true,
        ended_grants: 2,
        leftover_keys: [
          {
            name: "ACME_API_KEY_1_abc",
            state: "left_behind",
            since: "2026-11-22T00:00:00Z",
            console_url: "https://console.upstash.com/account/api",
          },
        ],
      });
    }),
  );
  render(<App />);
  await user.click(await screen.findByText("demo@example.com"));
  await user.click(screen.getByRole("menuitem", { name: "Disconnect…" }));
  const dialog = screen.getByRole("dialog", { name: "Disconnect demo@example.com?" });
  expect(dialog.textContent).toContain("ACME_API_KEY_1_abc");
  await vi.waitFor(() => expect(dialog.textContent).toContain("2 services lose access"));
  expect(calls).toBe(0);

  fireEvent.click(screen.getByRole("button", { name: "Disconnect" }));
  await screen.findByRole("heading", { level: 1, name: "Your account is disconnected" });
  expect(calls).toBe(1);
  screen.getByText("ACME_API_KEY_1_abc");
  screen.getByRole("button", { name: "Copy key name ACME_API_KEY_1_abc" });
  expect(document.body.textContent).toContain("This key stays valid until you delete it.");
  screen.getByText("2 services lost access to your account.");
  screen.getByText("In the Upstash console, open Account → API Keys and delete:");

  await user.click(screen.getByRole("button", { name: "I deleted it: ACME_API_KEY_1_abc" }));
  screen.getByText("No key is left on your list.");
  expect(screen.queryByText("ACME_API_KEY_1_abc")).toBeNull();
  expect(screen.getByTestId("announcer").textContent).toContain("ACME_API_KEY_1_abc is off the list");

  server.use(http.delete(url("/session"), () => new HttpResponse(null, { status: 204 })));
  await user.click(screen.getByRole("button", { name: "Back to the start page" }));
  await screen.findByText("Your account is disconnected from ACME. You may still be logged in at Upstash.");
  expect(document.body.textContent).not.toContain("signed out");
});

test("disconnecting works when the list of services cannot be read", async () => {
  connected(() => HttpResponse.json({ databases: [] }));
  server.use(
    http.get(url("/connection/grants"), () => problem(500, "internal")),
    http.delete(url("/connection"), () =>
      HttpResponse.json({ manual_action_required: false, leftover_keys: [], ended_grants: 1 }),
    ),
  );
  render(<App />);
  await user.click(await screen.findByText("demo@example.com"));
  await user.click(screen.getByRole("menuitem", { name: "Disconnect…" }));
  expect(screen.getByRole("dialog").textContent).not.toContain("access");
  fireEvent.click(screen.getByRole("button", { name: "Disconnect" }));
  await screen.findByText("One service lost access to your account.");
});

test("the account menu leads to the services with access", async () => {
  connected(() => HttpResponse.json({ databases: [] }));
  server.use(
    http.get(url("/connection/grants"), () => HttpResponse.json({ grants: [grant()] })),
    http.get(url("/connection/events"), () => HttpResponse.json({ events: [] })),
  );
  render(<App />);
  await user.click(await screen.findByText("demo@example.com"));
  await user.click(screen.getByRole("menuitem", { name: "Access and activity" }));
  await screen.findByRole("heading", { level: 1, name: "Access and activity" });
  expect(window.location.pathname).toBe("/account");
  await screen.findByText("Jane at Deploys");
});
