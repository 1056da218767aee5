import { act, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { beforeEach, expect, test, vi } from "vitest";
import { catalog, database } from "@/test/fixtures";
import { renderConnected } from "@/test/render";
import { problem, server, url } from "@/test/server";
import { ManagePanels } from "./manage-panels";

const user = userEvent.setup();
const onReset = vi.fn();

beforeEach(() => onReset.mockReset());

function show(...names: string[]) {
  const operations = names.map((name) => ({ name, effect: "change", fresh_login: true }));
  server.use(http.get(url("/catalog"), () => HttpResponse.json({ ...catalog, operations })));
  return renderConnected(<ManagePanels database={database} onReset={onReset} />);
}

async function confirmWith(name: string, opener: string, action: string) {
  await user.click(await screen.findByRole("button", { name: opener }));
  const dialog = screen.getByRole("dialog");
  await user.type(within(dialog).getByRole("textbox"), name);
  await user.click(within(dialog).getByRole("button", { name: action }));
  return dialog;
}

test("only what is open is shown", async () => {
  show("redis.delete");
  await screen.findByRole("heading", { name: "Danger zone" });
  expect(screen.getAllByRole("heading", { level: 2 })).toHaveLength(1);
  expect(screen.queryByRole("button", { name: "Reset credentials…" })).toBeNull();
});

test("usage is shown as plots, and as tables on demand; empty series have no data yet", async () => {
  server.use(
    http.get(url("/databases/db-1/stats"), () =>
      HttpResponse.json({
        current_storage: 4096,
        keyspace: [
          { x: "2026-11-22 10:05:00.000 +0000 UTC", y: 3 },
          { x: "2026-11-22 10:10:00.000 +0000 UTC", y: 9 },
        ],
        hits: [],
      }),
    ),
  );
  show("redis.stats");
  const plot = await screen.findByRole("img", { name: /^Plot of Keys: 2 values from .+ to .+$/ });
  const figure = plot.closest("figure");
  expect(figure?.textContent).toBe("KeysMin3Max9Last9");
  screen.getByText("4.1 kB");
  const noData = screen.getByRole("heading", { name: "No data yet" }).parentElement;
  expect(noData?.textContent).toContain("(hits)");
  expect(noData?.textContent).not.toContain("(misses)");

  await user.click(screen.getByRole("button", { name: "Show as table" }));
  const table = screen.getByRole("table", { name: "Keys" });
  expect(
    within(table)
      .getAllByRole("cell")
      .map((cell) => cell.textContent),
  ).toEqual(["9", "3"]);
  expect(screen.queryByRole("img")).toBeNull();
});

test("a guarded call carries the typed name and a key, and reports once it is done", async () => {
  const sent: (string | null)[] = [];
  server.use(
    http.post(url("/databases/db-1/reset-password"), ({ request }) => {
      sent.push(request.headers.get("Confirm-Name"), request.headers.get("Idempotency-Key"));
      return HttpResponse.json({ id: "db-1", name: "orders" });
    }),
  );
  show("redis.reset-password");
  await confirmWith("orders", "Reset credentials…", "Reset credentials");
  await vi.waitFor(() => expect(onReset).toHaveBeenCalledOnce());
  expect(sent).toEqual(["orders", expect.stringMatching(/^[0-9a-f]{32}$/)]);
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("an uncertain outcome is reported, and repeated with the same key after the wait", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
  const keys: (string | null)[] = [];
  server.use(
    http.put(url("/databases/db-1/eviction"), ({ request }) => {
      keys.push(request.headers.get("Idempotency-Key"));
      if (keys.length === 1) return problem(504, "outcome_uncertain", {}, { "Retry-After": "5" });
      return HttpResponse.json({ id: "db-1", name: "orders", eviction: keys.length < 3 });
    }),
  );
  show("redis.eviction");
  await user.click(await screen.findByRole("radio", { name: /eviction on/ }));
  const dialog = await confirmWith("orders", "Change eviction…", "Change eviction");
  expect((await within(dialog).findByRole("alert")).textContent).toContain("We don't know yet");
  await act(() => vi.advanceTimersByTimeAsync(5_000));
  await screen.findByText("Now: on");
  expect(keys).toHaveLength(2);
  expect(keys[1]).toBe(keys[0]);

  // The same choice again is a new call.
  await user.click(screen.getByRole("radio", { name: /eviction on/ }));
  await confirmWith("orders", "Change eviction…", "Change eviction");
  await screen.findByText("Now: off");
  expect(keys[2]).not.toBe(keys[0]);
});

test("a closed dialog repeats nothing", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
  let calls = 0;
  server.use(
    http.delete(url("/databases/db-1"), () => {
      calls++;
      return problem(504, "outcome_uncertain", {}, { "Retry-After": "5" });
    }),
  );
  show("redis.delete");
  const dialog = await confirmWith("orders", "Delete database…", "Delete database");
  await within(dialog).findByRole("alert");
  await user.click(within(dialog).getByRole("button", { name: "Cancel" }));
  expect(screen.getByRole("alert").textContent).toContain("We don't know yet");
  await act(() => vi.advanceTimersByTimeAsync(60_000));
  expect(calls).toBe(1);
});

test("a form that is incomplete opens no dialog", async () => {
  show("redis.budget", "redis.plan", "redis.regions");
  await user.click(await screen.findByRole("button", { name: "Change budget…" }));
  screen.getByText("Enter a whole number, such as 20. 0 means unlimited.");
  await user.click(screen.getByRole("button", { name: "Change plan…" }));
  screen.getByText("Choose a plan.");
  await user.click(screen.getByRole("button", { name: "Change read regions…" }));
  screen.getByText("Change the selection first.");
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("a plan that the database has is no change, but its automatic upgrade is one", async () => {
  show("redis.plan");
  const plan = await screen.findByRole("combobox", { name: "New plan" });
  await user.selectOptions(plan, database.plan);
  await user.click(screen.getByRole("button", { name: "Change plan…" }));
  screen.getByText("The database has this plan already. Choose another one.");
  expect(screen.queryByRole("dialog")).toBeNull();

  await user.selectOptions(screen.getByRole("combobox", { name: "Automatic upgrade" }), "Off");
  await user.click(screen.getByRole("button", { name: "Change plan…" }));
  const effects = within(screen.getByRole("dialog")).getAllByRole("listitem");
  expect(effects.map(({ textContent }) => textContent)).toEqual([
    "Upstash no longer changes the plan automatically.",
  ]);
});

test("an automatic upgrade is offered where larger plans are allowed", async () => {
  const { unmount } = show("redis.plan");
  const options = async () => {
    const upgrade = await screen.findByRole("combobox", { name: "Automatic upgrade" });
    return within(upgrade)
      .getAllByRole("option")
      .map(({ textContent }) => textContent);
  };
  await screen.findByRole("option", { name: "Pay as you go" });
  expect(await options()).toEqual(["Do not change", "Off"]);
  unmount();

  const operations = [{ name: "redis.plan", effect: "change", fresh_login: true }];
  const plans = [...catalog.plans, { id: "fixed_1gb", label: "Fixed 1 GB" }];
  server.use(http.get(url("/catalog"), () => HttpResponse.json({ ...catalog, operations, plans })));
  renderConnected(<ManagePanels database={database} onReset={onReset} />);
  await screen.findByRole("option", { name: "Fixed 1 GB" });
  expect(await options()).toEqual(["Do not change", "On", "Off"]);
});

test("a backup shows its size, what made it and its state, also one that this page does not know", async () => {
  const backups = [
    { backup_id: "b-1", name: "before-import", backup_size: 4096, daily_backup: true, state: "completed" },
    { backup_id: "b-2", hourly_backup: true, state: "archived" },
  ];
  server.use(http.get(url("/databases/db-1/backups"), () => HttpResponse.json({ backups })));
  show("redis.backup.list", "redis.backup.restore");
  const items = within(await screen.findByRole("list", { name: "Backups" })).getAllByRole("listitem");
  expect(items.map((item) => item.textContent)).toEqual([
    "before-import4.1 kB · daily · completedRestore before-import…",
    "b-2hourly · archived",
  ]);

  await user.click(screen.getByRole("button", { name: "Restore before-import…" }));
  const dialog = screen.getByRole("dialog", { name: "Restore orders from before-import?" });
  // The time of this backup is unknown.
  within(dialog).getByText("What was written since then is lost, unless another backup has it.");
});
