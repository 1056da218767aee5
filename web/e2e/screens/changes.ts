import { databases, serveDatabases } from "./bodies";
import { connect, createDatabase } from "./steps";
import type { Area } from "./tour";

const operations = ["regions", "plan", "budget", "eviction", "delete"];

/** The settings of a database: what each form rejects, what it asks first, and what it says afterwards. */
export const changes: Area = {
  name: "changing a database",
  env: { BFF_ALLOW_OPERATIONS: operations.map((name) => `redis.${name}`).join(",") },
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    await connect(tour);
    const [one = {}] = databases(1);
    await serveDatabases(sandbox, [one]);
    const id = String(one.database_id);
    await page.goto(`${sandbox.app}/databases/${id}`);
    const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
    const dialog = page.getByRole("dialog");
    const confirm = async (action: string) => {
      await dialog.getByRole("textbox").fill(String(one.database_name));
      await dialog.getByRole("button", { name: action, exact: true }).click();
    };

    const settings = page.getByRole("region", { name: text.settings_heading() });
    await press(text.read_regions_open_change());
    await press(text.plan_open_change());
    await press(text.budget_open_change());
    await press(text.eviction_open_change());
    await page.getByText(text.eviction_missing()).waitFor();
    await look(page, "manage-settings-errors", { part: settings });

    await page.getByRole("combobox", { name: text.database_read_regions() }).fill("us-east-1");
    await page.keyboard.press("Enter");
    await press(text.read_regions_open_change());
    await dialog.waitFor();
    await look(page, "manage-regions-dialog");
    await page.keyboard.press("Escape");

    await page.getByLabel(text.plan_new()).selectOption("free");
    await page.getByLabel(text.plan_upgrade()).selectOption("off");
    await press(text.plan_open_change());
    await dialog.waitFor();
    await look(page, "manage-plan-dialog");
    await page.keyboard.press("Escape");

    await page.getByLabel(text.eviction_on()).check();
    await press(text.eviction_open_change());
    await dialog.waitFor();
    await look(page, "manage-eviction-dialog");
    const post = (path: string) => ({ target: "upstash", method: "POST", path }) as const;
    await serveDatabases(sandbox, [{ ...one, eviction: true }]);
    await sandbox.fault({ match: post(`/v2/redis/enable-eviction/${id}`), do: { status: 200, body: "OK" } });
    await confirm(text.eviction_change());
    await page.getByText(text.eviction_changed()).waitFor();
    await look(page, "manage-changed", { part: settings });

    await press(text.plan_open_change());
    await sandbox.fault({
      match: post(`/v2/redis/${id}/change-plan`),
      count: -1,
      do: { status: 503, body: "" },
    });
    await confirm(text.plan_change());
    await dialog.getByRole("alert").waitFor({ timeout: 30_000 });
    await look(page, "manage-dialog-uncertain");

    await sandbox.endFaults();
    for (const name of ["sessions", "orders-production"]) await createDatabase(tour, name);
    await page.getByRole("link", { name: "orders-production", exact: true }).click();
    await page.getByRole("button", { name: text.database_open_delete() }).waitFor();
    await press(text.database_open_delete());
    await confirm(text.database_delete());
    await page.getByRole("table").waitFor();
    await look(page, "list-after-delete");
  },
};
