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

test("a grant shows the service and its id, the user, the date, the permissions and the last use", async () => {
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
    "Databases created2",
  ]) {
    expect(text).toContain(part);
  }
});

test("a grant without a user name shows the external id, and one never used shows Never", async () => {
  grants = [grant({ display_name: "", last_used_at: null, last_used_for: "", database_ids: [] })];
  renderConnected(<AccessPage />);
  const text = (await card()).textContent ?? "";
  expect(text).toContain("Useruser-42");
  expect(text).toContain("Last usedNever");
  expect(text).not.toContain("Databases created");
});

test("a paused grant shows the reason, and the user can still revoke it", async () => {
  grants = [grant({ state: "paused" })];
  renderConnected(<AccessPage />);
  await screen.findByText("Paused");
  screen.getByText(/no longer accepts the key of this account/);
  screen.getByRole("button", { name: "Revoke access… (Deploys)" });
});

test.each([
  ["user", "You revoked its access"],
  ["service", "The service gave up its access"],
  ["operator", "The operator revoked it"],
  ["disconnect", "Ended when you disconnected"],
  ["replaced", "Replaced by another account"],
  ["something new", "Ended"],
])("a grant ended by %s is shown without buttons", async (revoked_by, words) => {
  grants = [grant({ state: "revoked", revoked_by, revoked_at: "2026-11-28T11:00:00Z" })];
  renderConnected(<AccessPage />);
  const shown = await card();
  expect(shown.textContent).toContain(`${words}, Nov 28, 2026`);
  expect(within(shown).queryByRole("button")).toBeNull();
});

test("without grants and events, both lists say that they are empty", async () => {
  grants = [];
  events = [];
  renderConnected(<AccessPage />);
  await screen.findByText(/No service has access/);
  await screen.findByText("No activity yet.");
});

test("reducing access sends only the changes", async () => {
  renderConnected(<AccessPage />);
  await press("Reduce access… (Deploys)");
  const dialog = screen.getByRole("dialog", { name: "Reduce access of Deploys" });
  await user.click(within(dialog).getByRole("checkbox", { name: /Read the password/ }));
  await user.click(within(dialog).getByRole("button", { name: "Save" }));
  await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(patches).toEqual([{ scopes: ["redis.list", "redis.create"] }]);
  expect(within(await card()).queryByText(/Read the password/)).toBeNull();
  expect(screen.getByTestId("announcer").textContent).toContain("Access of Deploys reduced");
});

test.each([
  ["nothing is removed", async () => {}, "Remove at least one permission first."],
  [
    "everything is removed",
    async () => {
      for (const box of screen.getAllByRole("checkbox")) await user.click(box);
    },
    "Keep at least one permission",
  ],
])("when %s, nothing is sent", async (_, change, words) => {
  renderConnected(<AccessPage />);
  await press("Reduce access… (Deploys)");
  await change();
  await press("Save");
  expect((await screen.findByRole("alert")).textContent).toContain(words);
  expect(patches).toEqual([]);
});

test("without permission to create, an incomplete number of databases does not matter", async () => {
  renderConnected(<AccessPage />);
  await press("Reduce access… (Deploys)");
  await user.clear(screen.getByRole("textbox"));
  await user.click(screen.getByRole("checkbox", { name: /Create databases/ }));
  await press("Save");
  await vi.waitFor(() => expect(patches).toEqual([{ scopes: ["redis.list", "redis.credentials"] }]));
});

test("a change that the server rejects: the dialog stays open and shows the problem", async () => {
  server.use(
    http.patch(url("/connection/grants/:id"), () =>
      problem(422, "not_allowed", { detail: "This would allow more." }),
    ),
  );
  renderConnected(<AccessPage />);
  await press("Reduce access… (Deploys)");
  await user.click(screen.getByRole("radio", { name: /Only databases that it creates/ }));
  await press("Save");
  expect((await screen.findByRole("alert")).textContent).toContain("more than what is allowed here");
  screen.getByRole("dialog");
});

test("a grant that cannot be reduced has no such button", async () => {
  grants = [grant({ ...policy, scopes: ["redis.list"], databases: "selected" })];
  renderConnected(<AccessPage />);
  await screen.findByRole("button", { name: "Revoke access… (Deploys)" });
  expect(screen.queryByRole("button", { name: /Reduce access/ })).toBeNull();
});

test("revoking asks for confirmation, with the focus on Cancel", async () => {
  renderConnected(<AccessPage />);
  await press("Revoke access… (Deploys)");
  screen.getByRole("dialog", { name: "Revoke access of Deploys?" });
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Cancel" }));
  await user.keyboard("{Enter}");
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(deleted).toEqual([]);
});

test("after revoking, the grant ends, the focus moves to the heading, and it is announced", async () => {
  renderConnected(<AccessPage />);
  await press("Revoke access… (Deploys)");
  await press("Revoke access");
  await screen.findByText(/^You revoked its access/);
  expect(deleted).toEqual(["grt_1"]);
  expect(document.activeElement).toBe(screen.getByRole("heading", { name: "Services with access" }));
  expect(screen.getByTestId("announcer").textContent).toContain("Access of Deploys revoked");
});

test("a failed revoke is shown in the dialog, and can be retried", async () => {
  server.use(
    http.delete(url("/connection/grants/:id"), () => problem(503, "storage_unavailable"), { once: true }),
  );
  renderConnected(<AccessPage />);
  await press("Revoke access… (Deploys)");
  await press("Revoke access");
  expect((await screen.findByRole("alert")).textContent).toContain("Our storage is not responding");
  await press("Revoke access");
  await screen.findByText(/^You revoked its access/);
});

test("an event shows its time, action, actor and address", async () => {
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
  expect(rows[2]).toContain("Access of a service revokedThe operator");
  expect(rows[3]).toContain("Connection state changedThe servernone");
  expect(rows[4]).toContain("something_newgone");
});

test("only an event about a database links to it", async () => {
  events = [
    connectionEvent({ detail: "db-1" }),
    connectionEvent({ action: "credentials_revealed", detail: "db-2" }),
    connectionEvent({ action: "grant_created", detail: "4 scopes" }),
  ];
  renderConnected(<AccessPage />);
  const links = within(await screen.findByRole("table")).getAllByRole("link");
  expect(links.map((link) => link.getAttribute("href"))).toEqual(["/databases/db-1", "/databases/db-2"]);
});

test("repeated events are one row with a count, without a link when they are about several databases", async () => {
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
  expect(document.activeElement).toBe(screen.getAllByRole("row")[21]); // the first of them, after the headings
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
