import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { beforeEach, expect, test, vi } from "vitest";
import type { ConnectionEvent, Grant } from "@/shared/api/services";
import { connectionEvent, grant, policy } from "@/test/fixtures";
import { renderConnected } from "@/test/render";
import { problem, server, url } from "@/test/server";
import { AccessPage } from "./access-page";

const user = userEvent.setup();

let grants: Grant[];
let events: ConnectionEvent[];
let patches: unknown[];
let deleted: string[];

beforeEach(() => {
  grants = [grant()];
  events = [connectionEvent()];
  patches = [];
  deleted = [];
  server.use(
    http.get(url("/connection/grants"), () => HttpResponse.json({ grants })),
    http.get(url("/connection/events"), () => HttpResponse.json({ events })),
    http.patch(url("/connection/grants/:id"), async ({ request }) => {
      const changes = (await request.json()) as Partial<Grant>;
      patches.push(changes);
      grants = grants.map((each) => ({ ...each, ...changes }));
      return HttpResponse.json(grants[0]);
    }),
    http.delete(url("/connection/grants/:id"), ({ params }) => {
      deleted.push(String(params.id));
      grants = grants.map((each) => ({
        ...each,
        state: "revoked",
        revoked_by: "user",
        revoked_at: "2026-11-28T11:00:00Z",
      }));
      return new HttpResponse(null, { status: 204 });
    }),
  );
});

const press = async (name: string | RegExp) => user.click(await screen.findByRole("button", { name }));
const card = async () => (await screen.findAllByRole("listitem"))[0] as HTMLElement;

test("a grant: who, with its id, for whom, since when, what it may do and did last", async () => {
  renderConnected(<AccessPage />);
  const text = (await card()).textContent ?? "";
  for (const part of [
    "Deploys deploys",
    "Active",
    "Jane at Deploys user-42",
    "Nov 20, 2026",
    "Created a database, Nov 27, 2026",
    "List your databases",
    "At most 5",
    "Its databases2",
  ]) {
    expect(text).toContain(part);
  }
});

test("a grant without a name for its user shows the external id, and one never used says so", async () => {
  grants = [grant({ display_name: "", last_used_at: null, last_used_for: "", database_ids: [] })];
  renderConnected(<AccessPage />);
  const text = (await card()).textContent ?? "";
  expect(text).toContain("Foruser-42");
  expect(text).toContain("Last usedNever");
  expect(text).not.toContain("Its databases");
});

test("a paused grant says why, and the user can still take it back", async () => {
  grants = [grant({ state: "paused" })];
  renderConnected(<AccessPage />);
  await screen.findByText("Paused");
  screen.getByText(/no longer accepts the key of this account/);
  screen.getByRole("button", { name: "Take back… (Deploys)" });
});

test.each([
  ["user", "You took it back"],
  ["service", "The service gave it back"],
  ["operator", "The operator ended it"],
  ["disconnect", "It ended when you disconnected"],
  ["replaced", "It was replaced by another account"],
  ["something new", "It ended"],
])("a grant that %s ended is shown with nothing to press", async (revoked_by, words) => {
  grants = [grant({ state: "revoked", revoked_by, revoked_at: "2026-11-28T11:00:00Z" })];
  renderConnected(<AccessPage />);
  const shown = await card();
  expect(shown.textContent).toContain(`${words}, Nov 28, 2026`);
  expect(within(shown).queryByRole("button")).toBeNull();
});

test("nobody may act, and nothing has happened", async () => {
  grants = [];
  events = [];
  renderConnected(<AccessPage />);
  await screen.findByText(/Nobody but you/);
  await screen.findByText("Nothing has happened yet.");
});

test("allowing less sends only what is less", async () => {
  renderConnected(<AccessPage />);
  await press("Allow less… (Deploys)");
  const dialog = screen.getByRole("dialog", { name: "What may Deploys do?" });
  await user.click(within(dialog).getByRole("checkbox", { name: /Read the password/ }));
  await user.click(within(dialog).getByRole("button", { name: "Save" }));
  await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(patches).toEqual([{ scopes: ["redis.list", "redis.create"] }]);
  expect(within(await card()).queryByText(/Read the password/)).toBeNull();
  expect(screen.getByTestId("announcer").textContent).toContain("Deploys may do less now");
});

test.each([
  ["nothing is less", async () => {}, "You have not left anything out yet."],
  [
    "nothing is left",
    async () => {
      for (const box of screen.getAllByRole("checkbox")) await user.click(box);
    },
    "Leave at least one thing",
  ],
])("when %s, nothing is sent", async (_, change, words) => {
  renderConnected(<AccessPage />);
  await press("Allow less… (Deploys)");
  await change();
  await press("Save");
  expect((await screen.findByRole("alert")).textContent).toContain(words);
  expect(patches).toEqual([]);
});

test("nothing creates any more: a number that was half entered does not matter", async () => {
  renderConnected(<AccessPage />);
  await press("Allow less… (Deploys)");
  await user.clear(screen.getByRole("textbox"));
  await user.click(screen.getByRole("checkbox", { name: /Create databases/ }));
  await press("Save");
  await vi.waitFor(() => expect(patches).toEqual([{ scopes: ["redis.list", "redis.credentials"] }]));
});

test("the server refuses the change: said in the dialog, which stays", async () => {
  server.use(
    http.patch(url("/connection/grants/:id"), () =>
      problem(422, "not_allowed", { detail: "This would allow more." }),
    ),
  );
  renderConnected(<AccessPage />);
  await press("Allow less… (Deploys)");
  await user.click(screen.getByRole("radio", { name: /Only databases that it creates/ }));
  await press("Save");
  expect((await screen.findByRole("alert")).textContent).toContain("This would allow more.");
  screen.getByRole("dialog");
});

test("a grant that cannot be smaller has no such button", async () => {
  grants = [grant({ ...policy, scopes: ["redis.list"], databases: "selected" })];
  renderConnected(<AccessPage />);
  await screen.findByRole("button", { name: "Take back… (Deploys)" });
  expect(screen.queryByRole("button", { name: /Allow less/ })).toBeNull();
});

test("taking back is asked for first, with the focus on Cancel", async () => {
  renderConnected(<AccessPage />);
  await press("Take back… (Deploys)");
  screen.getByRole("dialog", { name: "Take it back from Deploys?" });
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Cancel" }));
  await user.keyboard("{Enter}");
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(deleted).toEqual([]);
});

test("after taking it back: it ends, the focus stays on the page, and it is announced", async () => {
  renderConnected(<AccessPage />);
  await press("Take back… (Deploys)");
  await press("Take back");
  await screen.findByText("Ended", { selector: ".grant-state" });
  expect(deleted).toEqual(["grt_1"]);
  expect(document.activeElement).toBe(screen.getByRole("heading", { name: "Who may act for you" }));
  expect(screen.getByTestId("announcer").textContent).toContain("Deploys can no longer act for you");
});

test("taking back fails: said in the dialog, and can be tried again", async () => {
  server.use(
    http.delete(url("/connection/grants/:id"), () => problem(503, "storage_unavailable"), { once: true }),
  );
  renderConnected(<AccessPage />);
  await press("Take back… (Deploys)");
  await press("Take back");
  expect((await screen.findByRole("alert")).textContent).toContain("Our storage does not answer");
  await press("Take back");
  await screen.findByText("Ended", { selector: ".grant-state" });
});

test("the activity: when, what, who, from where", async () => {
  const actor = { kind: "user", id: "", name: "" };
  events = [
    connectionEvent({ detail: "orders" }),
    connectionEvent({ action: "connected", actor }),
    connectionEvent({ action: "grant_revoked", actor: { ...actor, kind: "operator" } }),
    connectionEvent({ action: "state_changed", actor: { ...actor, kind: "server" }, address: "" }),
    connectionEvent({ action: "something_new", actor: { kind: "service", id: "gone", name: "" } }),
  ];
  renderConnected(<AccessPage />);
  const rows = (await screen.findAllByRole("row")).slice(1).map((row) => row.textContent);
  expect(rows[0]).toMatch(/^Nov 27, 2026.*Database createdordersDeploys203.0.113.7$/);
  expect(rows[1]).toContain("Account connectedYou");
  expect(rows[2]).toContain("Service may no longer act for youThe operator");
  expect(rows[3]).toContain("State of the connection changedThe servernone");
  expect(rows[4]).toContain("something_newgone");
});

test("an event about a database leads to it, and no other does", async () => {
  events = [
    connectionEvent({ detail: "db-1" }),
    connectionEvent({ action: "credentials_revealed", detail: "db-2" }),
    connectionEvent({ action: "grant_created", detail: "4 scopes" }),
  ];
  renderConnected(<AccessPage />);
  const links = within(await screen.findByRole("table")).getAllByRole("link");
  expect(links.map((link) => link.getAttribute("href"))).toEqual(["/databases/db-1", "/databases/db-2"]);
});

test("what was repeated is one line that says how often, and leads nowhere when it is about several", async () => {
  const more = "more than 32 within an hour: only their number is recorded";
  events = [
    connectionEvent({
      action: "credentials_revealed",
      detail: more,
      times: 17,
      last_at: "2026-11-27T10:00:00Z",
    }),
  ];
  renderConnected(<AccessPage />);
  const table = within(await screen.findByRole("table"));
  table.getByText(more);
  table.getByText(/17 times, last/);
  expect(table.queryByRole("link")).toBeNull();
});

test("a long activity is folded", async () => {
  events = Array.from({ length: 25 }, (_, index) => connectionEvent({ request_id: `req-${index}` }));
  renderConnected(<AccessPage />);
  await press("Show 5 more");
  expect(screen.getAllByRole("row")).toHaveLength(26);
  expect(screen.queryByRole("button", { name: /more$/ })).toBeNull();
});

test.each(["/connection/grants", "/connection/events"])(
  "%s fails: words, number, and Retry",
  async (path) => {
    server.use(http.get(url(path), () => problem(500, "internal"), { once: true }));
    renderConnected(<AccessPage />);
    await screen.findByRole("alert");
    screen.getByText("req-42");
    await press("Retry");
    await vi.waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
  },
);
