import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { beforeEach, expect, test, vi } from "vitest";
import { leaveTo } from "@/features/consent/leave";
import type { Transaction } from "@/shared/api/services";
import type { Database } from "@/shared/api/types";
import { broadcast } from "@/shared/connect/channel";
import { catalog, database, session, transaction } from "@/test/fixtures";
import { problem, server, url } from "@/test/server";
import { App } from "./app";
import "@/features/consent/consent-page"; // read before the tests begin: it takes longer than they wait
import "./database-picker";

vi.mock("@/features/consent/leave", () => ({ leaveTo: vi.fn(() => true) }));

const user = userEvent.setup();
const account = { connection_id: "demo", email: "demo@example.com" };
const back = "https://acme.example/done?code=c&connect_session=cs_1";
const builtIn = { id: "self", name: "ACME", built_in: true, return_host: "acme.example" };

let held: Transaction;
let databases: Database[];
let approvals: unknown[];
let departures: unknown[];

beforeEach(() => {
  held = transaction({ select: "database", service: builtIn });
  databases = [database, { ...database, id: "db-2", name: "second", primary_region: "eu-west-1" }];
  approvals = [];
  departures = [];
  vi.mocked(leaveTo).mockReset().mockReturnValue(true);
  server.use(
    http.get(url("/session"), () => HttpResponse.json(session({ id: "demo", email: account.email }))),
    http.post(url("/transaction"), () => HttpResponse.json(held)),
    http.get(url("/transaction"), () => HttpResponse.json(held)),
    http.post(url("/transaction/account"), () => {
      held = { ...held, state: "consenting", account };
      return HttpResponse.json(held);
    }),
    http.post(url("/transaction/approval"), async ({ request }) => {
      approvals.push(await request.json());
      return HttpResponse.json({ return_url: back });
    }),
    http.delete(url("/transaction"), () => HttpResponse.json({ return_url: `${back}&error=access_denied` })),
    http.post(url("/transaction/left"), async ({ request }) => {
      departures.push(await request.json());
      return new HttpResponse(null, { status: 204 });
    }),
    http.get(url("/databases"), () => HttpResponse.json({ databases })),
    http.get(url("/catalog"), () => HttpResponse.json(catalog)),
  );
});

const press = async (name: string | RegExp) => user.click(await screen.findByRole("button", { name }));
const heading = (name: string | RegExp) => screen.findByRole("heading", { level: 1, name });

async function openPicker() {
  window.history.replaceState(null, "", "/connect#the-invitation");
  render(<App />);
  await press("Continue as demo@example.com");
  await heading("Choose a database");
}

test("the selected database goes to the service, and nothing before", async () => {
  await openPicker();
  expect(approvals).toEqual([]);
  await user.click(await screen.findByRole("radio", { name: /second/ }));
  await press("Connect database");
  await vi.waitFor(() => expect(leaveTo).toHaveBeenCalledExactlyOnceWith(back));
  expect(approvals).toEqual([
    expect.objectContaining({ id: "cs_1", connection_id: "demo", database_id: "db-2" }),
  ]);
});

test("another service: first the consent, then the database, in one decision", async () => {
  held = transaction({ select: "database" });
  window.history.replaceState(null, "", "/connect#the-invitation");
  render(<App />);
  await press("Continue as demo@example.com");
  await heading("What may Deploys do?");
  await user.click(screen.getByRole("radio", { name: /Only databases that it creates/ }));
  await press("Allow");
  await user.click(await screen.findByRole("radio", { name: new RegExp(database.name) }));
  await press("Connect database");
  await vi.waitFor(() => expect(approvals).toHaveLength(1));
  expect(approvals[0]).toMatchObject({ databases: "created", database_id: database.id });
});

test("without a choice, the page asks for one and sends nothing", async () => {
  await openPicker();
  await screen.findByRole("radio", { name: /second/ });
  await press("Connect database");
  expect((await screen.findByRole("alert")).textContent).toContain("Select a database, or create one.");
  expect(approvals).toEqual([]);
});

test("an account without databases creates its first one, which is then selected", async () => {
  databases = [];
  server.use(
    http.post(url("/databases"), () =>
      HttpResponse.json({ ...database, id: "db-new", name: "fresh" }, { status: 201 }),
    ),
  );
  await openPicker();
  await screen.findByRole("heading", { name: "Create your first database" });
  expect(screen.queryByRole("button", { name: "Connect database" })).toBeNull();
  await user.type(screen.getByRole("textbox", { name: /Name/ }), "fresh");
  await user.selectOptions(screen.getByRole("combobox", { name: /region/i }), "us-east-1");
  await press("Create database");
  const made = await screen.findByRole("radio", { name: /fresh/ });
  expect((made as HTMLInputElement).checked).toBe(true);
  await press("Connect database");
  await vi.waitFor(() => expect(approvals).toHaveLength(1));
  expect(approvals[0]).toMatchObject({ database_id: "db-new" });
});

test("a database that is gone keeps the picker open, with the reason", async () => {
  server.use(
    http.post(url("/transaction/approval"), () => problem(404, "database_not_found"), { once: true }),
  );
  await openPicker();
  await user.click(await screen.findByRole("radio", { name: /second/ }));
  await press("Connect database");
  await screen.findByRole("alert");
  await heading("Choose a database");
  await user.click(await screen.findByRole("radio", { name: new RegExp(database.name) }));
  await press("Connect database");
  await vi.waitFor(() => expect(leaveTo).toHaveBeenCalledOnce());
});

test("many databases can be searched by name, region and id", async () => {
  databases = Array.from({ length: 12 }, (_, n) => ({ ...database, id: `id-${n}`, name: `db-${n}` }));
  await openPicker();
  await user.type(await screen.findByRole("searchbox"), "ID-11");
  expect(screen.getAllByRole("radio")).toHaveLength(1);
  await user.clear(screen.getByRole("searchbox"));
  await user.type(screen.getByRole("searchbox"), "virginia db-3");
  expect(screen.getAllByRole("radio")).toHaveLength(1);
  await user.clear(screen.getByRole("searchbox"));
  await user.type(screen.getByRole("searchbox"), "nothing like it");
  screen.getByText(/No database matches/);
});

test("the user can decline from the picker", async () => {
  await openPicker();
  await press("Decline");
  await vi.waitFor(() => expect(leaveTo).toHaveBeenCalledExactlyOnceWith(`${back}&error=access_denied`));
  expect(approvals).toEqual([]);
});

test("a page that is closed before the decision reports it", async () => {
  await openPicker();
  window.dispatchEvent(new Event("pagehide"));
  await vi.waitFor(() => expect(departures).toEqual([{ id: "cs_1" }]));
});

test.each([
  [401, "session_expired", "Your session has ended."],
  [401, "authentication_required", "Your session has ended."],
  [409, "reconnect_required", "Upstash no longer accepts the key of this account."],
])("a %d %s while it lists leads back to the account, with the reason", async (status, code, reason) => {
  server.use(http.get(url("/databases"), () => problem(status, code)));
  window.history.replaceState(null, "", "/connect#the-invitation");
  render(<App />);
  await press("Continue as demo@example.com");
  expect((await screen.findByRole("alert")).textContent).toContain(reason);
  await heading("Connect Upstash to ACME");
  await screen.findByRole("button", { name: "Connect Upstash" });
  expect(screen.queryByText("Loading your databases")).toBeNull();
  expect(approvals).toEqual([]);
});

test("a session that ends while the user creates a database leads back, too", async () => {
  server.use(http.post(url("/databases"), () => problem(401, "session_expired")));
  await openPicker();
  await press("Create a database");
  await user.type(await screen.findByRole("textbox", { name: /Name/ }), "fresh");
  await user.selectOptions(screen.getByRole("combobox", { name: /region/i }), "us-east-1");
  await press("Create database");
  expect((await screen.findByRole("alert")).textContent).toContain("Your session has ended.");
  await screen.findByRole("button", { name: "Connect Upstash" });
});

test("the databases of another account, which another tab connected meanwhile, are not offered", async () => {
  await openPicker();
  await screen.findByRole("radio", { name: /second/ });
  server.use(
    http.get(url("/session"), () => HttpResponse.json(session({ id: "other", email: "other@example.com" }))),
  );
  act(() => broadcast({ type: "connected", attempt: "in-another-tab" }));
  expect((await screen.findByRole("alert")).textContent).toContain("another Upstash account");
  await screen.findByRole("button", { name: "Continue as other@example.com" });
  expect(screen.queryByRole("radio")).toBeNull();
});
