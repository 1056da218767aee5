import { backups, databases, serveDatabases, usage } from "./bodies";
import { connect, requireFreshLogin } from "./steps";
import type { Area } from "./tour";

const operations = [
  ...["stats", "rename", "backup.list", "backup.create", "backup.restore"],
  ...["delete", "reset-password", "regions", "plan", "budget", "eviction"],
];

/** A database whose settings, backups and usage are open, and what asks before it changes something. */
export const manage: Area = {
  name: "managing a database",
  env: { BFF_ALLOW_OPERATIONS: operations.map((name) => `redis.${name}`).join(",") },
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    await connect(tour);
    const [one = {}] = databases(1);
    await serveDatabases(sandbox, [one]);
    const id = String(one.database_id);
    const get = { target: "upstash", method: "GET" } as const;
    await sandbox.fault({
      match: { ...get, path: `/v2/redis/stats/${id}` },
      count: -1,
      do: { status: 200, body: usage() },
    });
    await sandbox.fault({
      match: { ...get, path: `/v2/redis/list-backup/${id}` },
      count: -1,
      do: { status: 200, body: backups() },
    });
    await page.goto(`${sandbox.app}/databases/${id}`);
    await page.getByText("before-import", { exact: true }).waitFor();
    await page.getByRole("figure").first().waitFor();
    await look(page, "manage");
    await page.getByRole("button", { name: text.stats_as_table() }).click();
    await look(page, "manage-usage-as-tables", {
      part: page.getByRole("region", { name: text.stats_usage() }),
    });

    await page.getByRole("button", { name: text.database_rename(), exact: true }).click();
    await page.getByLabel(text.database_rename_new_name()).fill("not a name");
    await page.keyboard.press("Enter");
    await look(page, "manage-rename", { part: page.locator("form").first() });

    const backup = { backup: "before-import" };
    await page.getByRole("button", { name: text.backup_open_restore(backup) }).click();
    await page.getByRole("dialog").waitFor();
    await look(page, "manage-restore-dialog");
    await page.keyboard.press("Escape");
    await page.getByLabel(text.budget_new()).fill("50");
    await page.getByRole("button", { name: text.budget_open_change() }).click();
    await page.getByRole("dialog").waitFor();
    await look(page, "manage-budget-dialog");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: text.database_open_reset() }).click();
    await page.getByRole("dialog").waitFor();
    await look(page, "manage-reset-dialog");
    await page.keyboard.press("Escape");

    await page.getByRole("button", { name: text.database_open_delete() }).click();
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    await look(page, "manage-delete-dialog");
    await requireFreshLogin(page);
    await dialog.getByRole("textbox").fill("orders-production");
    await dialog.getByRole("button", { name: text.database_delete(), exact: true }).click();
    await page.getByRole("dialog", { name: text.connect_fresh_login_title() }).waitFor();
    await look(page, "manage-login-dialog");
  },
};
