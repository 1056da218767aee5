import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Locator, Page } from "@playwright/test";
import { connect, demo, expectList, logIn, openWindow } from "./journey";
import { makeLoginOld } from "./old-login";
import type { Sandbox } from "./sandbox";
import { expect, test } from "./test";

const named = ["stats", "rename", "backup.list", "backup.create"];
const guarded = ["delete", "reset-password", "regions", "plan", "budget", "eviction", "backup.restore"];
const allowed = [...named, ...guarded].map((name) => `redis.${name}`).join(",");

/** Upstash rejects the backup of a database that it has just created, and so does the sandbox. */
const maintenance = 3_500;

const redisCli = fileURLToPath(new URL("redis-cli.mjs", import.meta.url));

interface Made {
  database_id: string;
  database_name: string;
  password: string;
  endpoint: string;
  port: number;
}

async function made(sandbox: Sandbox): Promise<Made> {
  const [database] = (await sandbox.account(demo.email)).databases;
  return database as unknown as Made;
}

/** Sends one Redis command to the database, with its current password. */
async function redis(sandbox: Sandbox, ...command: string[]): Promise<string> {
  const { password, endpoint, port } = await made(sandbox);
  const url = `redis://default:${password}@${endpoint}:${port}`;
  const { stdout, stderr, status } = spawnSync(process.execPath, [redisCli, "-u", url, ...command], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

async function createDatabase(page: Page, name: string): Promise<void> {
  await page.getByRole("link", { name: "Create your first database" }).click();
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Primary region").selectOption("us-east-1");
  await page.getByRole("button", { name: "Create database" }).click();
  await page.getByRole("link", { name, exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
}

/** Confirms a guarded action by the name that it asks for. */
async function confirm(page: Page, title: string | RegExp, name: string, action: string): Promise<Locator> {
  const dialog = page.getByRole("dialog", { name: title });
  await dialog.getByRole("textbox").fill(name);
  await dialog.getByRole("button", { name: action, exact: true }).click();
  return dialog;
}

test("with the default operations, a database's page offers nothing more", async ({ page }) => {
  await connect(page);
  await createDatabase(page, "orders");
  await expect(page.getByRole("button", { name: "Reveal credentials" })).toBeVisible();
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["Connect"]);
  await expect(page.getByRole("button", { name: "Rename" })).toHaveCount(0);
});

test.describe("with all operations of Redis", () => {
  test.describe.configure({ timeout: 120_000 }); // each connects, creates a database and makes several calls
  test.use({ env: { BFF_ALLOW_OPERATIONS: allowed } });

  test.beforeEach(async ({ page }) => {
    await connect(page);
    await createDatabase(page, "orders");
  });

  test("a database is renamed in place", async ({ page, sandbox }) => {
    await page.getByRole("button", { name: "Rename" }).click();
    const field = page.getByLabel("New name");
    await expect(field).toBeFocused();
    await field.fill("not a name");
    await page.keyboard.press("Enter");
    await expect(field).toHaveAttribute("aria-invalid", "true");
    await field.fill("orders-eu");
    await page.keyboard.press("Enter");

    await expect(page.getByRole("heading", { level: 1, name: "orders-eu" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Rename" })).toBeFocused();
    expect((await made(sandbox)).database_name).toBe("orders-eu");
    await page.getByRole("link", { name: "Databases" }).click();
    await expect(page.getByRole("row", { name: /orders-eu/ })).toBeVisible();
  });

  test("usage is shown as plots and as tables", async ({ page, sandbox }) => {
    await redis(sandbox, "SET", "answer", "42");
    await redis(sandbox, "GET", "answer");
    const usage = page.getByRole("region", { name: "Usage" });
    await usage.getByRole("button", { name: "Refresh" }).click();

    const keys = usage.getByRole("figure", { name: "Keys", exact: true });
    await expect(keys.getByRole("img", { name: /^Plot of Keys: one value at / })).toBeVisible();
    await expect(keys).toContainText("Last1");
    await expect(usage.getByRole("term").filter({ hasText: "Writes today" })).toBeVisible();
    await expect(usage.getByText("No data yet")).toBeVisible();
    await expect(usage.getByText(/^Read from Upstash at /)).toBeVisible();

    await usage.getByRole("button", { name: "Show as table" }).click();
    const table = usage.getByRole("table", { name: "Keys", exact: true });
    await expect(table.getByRole("cell")).toHaveText("1");
    await expect(usage.getByRole("img")).toHaveCount(0);
  });

  test("a backup is created, and restored after the name is typed", async ({ page, sandbox }) => {
    await redis(sandbox, "SET", "answer", "42");
    await page.waitForTimeout(maintenance);
    const backups = page.getByRole("region", { name: "Backups" });
    await expect(backups.getByText("No backups yet")).toBeVisible();
    await backups.getByLabel("Name of a new backup").fill("before-import");
    await backups.getByRole("button", { name: "Create backup" }).click();
    await expect(backups.getByRole("listitem")).toContainText("before-import");
    await redis(sandbox, "SET", "answer", "43");

    await backups.getByRole("button", { name: "Restore before-import…" }).click();
    const dialog = await confirm(page, "Restore orders from before-import?", "orders", "Restore");
    await expect(dialog).toHaveCount(0, { timeout: 30_000 });
    await expect(backups.getByText(/^Restored from before-import/)).toBeVisible();
    expect(await redis(sandbox, "GET", "answer")).toBe("42");
  });

  test("a reset discards the revealed credentials", async ({ page, sandbox }) => {
    const { password } = await made(sandbox);
    await page.getByRole("button", { name: "Reveal credentials" }).click();
    await page.getByRole("button", { name: "Show Password" }).click();
    await expect(page.getByText(password, { exact: true })).toBeVisible();

    await page.getByRole("button", { name: "Reset credentials…" }).click();
    await confirm(page, "Reset the credentials of orders?", "orders", "Reset credentials");
    const notice = page.getByText("Credentials were replaced; reveal the new ones.").first();
    await expect(notice).toBeFocused({ timeout: 30_000 });
    await expect(page.getByText(password, { exact: true })).toHaveCount(0);

    const now = (await made(sandbox)).password;
    expect(now).not.toBe(password);
    await page.getByRole("button", { name: "Reveal credentials" }).click();
    await page.getByRole("button", { name: "Show Password" }).click();
    await expect(page.getByText(now, { exact: true })).toBeVisible();
  });

  test("a delete with an old login asks for a new one, and the list no longer has the database", async ({
    page,
    sandbox,
  }) => {
    await makeLoginOld(page, sandbox);
    const answers: string[] = [];
    page.on("response", (response) => {
      if (response.request().method() === "DELETE") answers.push(String(response.status()));
    });
    await page.getByRole("button", { name: "Delete database…" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete orders?" });
    await dialog.getByRole("textbox").fill("order");
    await expect(dialog.getByRole("button", { name: "Delete database", exact: true })).toBeDisabled();
    await confirm(page, "Delete orders?", "orders", "Delete database");

    const login = page.getByRole("dialog", { name: "Log in again to continue" });
    await expect(login).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(login).toHaveCount(0);
    await expect(dialog.getByRole("alert")).toContainText("Nothing was changed");
    expect((await sandbox.account(demo.email)).databases).toHaveLength(1);

    await dialog.getByRole("button", { name: "Delete database", exact: true }).click();
    const popup = await openWindow(page, "Log in");
    await expect(popup.getByLabel("Email")).toHaveValue(demo.email);
    await logIn(popup);

    await expect(page.getByText("orders is deleted").first()).toBeVisible();
    await expectList(page);
    await expect(page.getByRole("link", { name: "orders" })).toHaveCount(0);
    expect(answers).toEqual(["401", "401", "204"]);
    expect((await sandbox.account(demo.email)).databases).toHaveLength(0);
    await page.reload();
    await expectList(page);
    await expect(page.getByText("orders is deleted")).toHaveCount(0);
  });

  test("a delete whose response is lost is settled by a repeat with the same key", async ({
    page,
    sandbox,
  }) => {
    await sandbox.fault({
      match: { target: "upstash", method: "DELETE", path: "/v2/redis/database/*" },
      do: { drop: "after_commit" },
    });
    const keys: string[] = [];
    page.on("request", (request) => {
      if (request.method() === "DELETE") keys.push(request.headers()["idempotency-key"] ?? "");
    });
    await page.getByRole("button", { name: "Delete database…" }).click();
    await confirm(page, "Delete orders?", "orders", "Delete database");
    await expect(page.getByText("orders is deleted").first()).toBeVisible({ timeout: 30_000 });
    expect(new Set(keys).size, "every repeat has the key of the first request").toBe(1);
    const deletes = (await sandbox.journal()).filter((line) => line.startsWith("DELETE"));
    expect(deletes).toHaveLength(1);
  });

  test("settings are changed one by one, each with its warning", async ({ page }) => {
    const settings = page.getByRole("region", { name: "Settings" });
    await settings.getByLabel("New budget").fill("20");
    await settings.getByRole("button", { name: "Change budget…" }).click();
    await expect(page.getByRole("dialog")).toContainText("allows a higher bill");
    await confirm(page, "Change the budget of orders?", "orders", "Change budget");
    await expect(settings.getByText("Budget changed.")).toBeVisible();
    await expect(settings.getByText("Now: 20")).toBeVisible();

    await settings.getByLabel("Drop keys (eviction on)").check();
    await settings.getByRole("button", { name: "Change eviction…" }).click();
    await confirm(page, "Switch eviction of orders on?", "orders", "Change eviction");
    await expect(settings.getByText("Now: on")).toBeVisible();

    await settings.getByRole("combobox", { name: "Read regions" }).fill("eu-west-1");
    await page.keyboard.press("Enter");
    await settings.getByRole("button", { name: "Change read regions…" }).click();
    await confirm(page, "Change the read regions of orders?", "orders", "Change read regions");
    const details = page.getByRole("region", { name: "Details" });
    await expect(details.getByText("eu-west-1")).toBeVisible();
    await expect(settings.getByRole("button", { name: /^Remove .* eu-west-1$/ })).toBeVisible();

    await settings.getByLabel("New plan").selectOption({ index: 1 });
    await settings.getByRole("button", { name: "Change plan…" }).click();
    await confirm(page, "Change the plan of orders?", "orders", "Change plan");
    await expect(settings.getByText("Plan changed.")).toBeVisible();
  });
});
