import type { Page } from "@playwright/test";
import { createDatabases, demo } from "./journey";
import { Keyboard, logInWithKeyboard } from "./keyboard";
import { makeLoginOld } from "./old-login";
import { expect, test } from "./test";

const named = ["stats", "rename", "backup.list", "backup.create"];
const guarded = ["delete", "reset-password", "regions", "plan", "budget", "eviction", "backup.restore"];
const allowed = [...named, ...guarded].map((name) => `redis.${name}`).join(",");

/** Upstash rejects the backup of a database that it has just created, and so does the sandbox. */
const maintenance = 3_500;

test.describe.configure({ timeout: 120_000 }); // each goes through many tasks

test.use({ env: { BFF_ALLOW_OPERATIONS: allowed } });

test.beforeEach(async ({ sandbox }) => createDatabases(sandbox, "orders"));

/** Goes from the landing page to the page of the database. */
async function openDatabase(page: Page, keyboard: Keyboard): Promise<void> {
  await keyboard.connect();
  await keyboard.activate(page.getByRole("link", { name: "orders" }));
  await expect(page.getByRole("heading", { level: 1, name: "orders" })).toBeFocused();
  await page.getByRole("heading", { name: "Danger zone" }).waitFor();
  await page.getByText(/^Read from Upstash at /).waitFor();
}

test("a database is used, renamed and changed with the keyboard alone", async ({ page }) => {
  const keyboard = new Keyboard(page);
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
  await openDatabase(page, keyboard);
  await keyboard.walk();

  await test.step("what the Connect card offers", async () => {
    const tabs = page.getByRole("tab");
    await keyboard.tabTo(tabs.first());
    await keyboard.press("ArrowRight");
    await expect(tabs.nth(1)).toBeFocused();
    await keyboard.press("End");
    await expect(tabs.last()).toBeFocused();
    await keyboard.press("Home");
    await expect(tabs.first()).toBeFocused();
    await keyboard.tabTo(page.getByRole("radio", { name: "Full access" }), "Shift+Tab");
    await keyboard.press("ArrowDown");
    await expect(page.getByRole("radio", { name: "Read-only" })).toBeChecked();

    await keyboard.activate(button("Reveal credentials"));
    await expect(page.getByText("Copying includes the secrets")).toBeFocused();
    await keyboard.walk();
    const download = page.waitForEvent("download");
    await keyboard.activate(button("Download .env"));
    expect((await download).suggestedFilename()).toBe("orders.env");
    await keyboard.activate(button("Show Read-only REST token"));
    await expect(button("Hide Read-only REST token")).toBeFocused();
    await keyboard.activate(button("Hide"));
    await expect(button("Reveal credentials")).toBeFocused();
  });

  await test.step("its name", async () => {
    const field = page.getByLabel("New name");
    await keyboard.activate(button("Rename"));
    await expect(field).toBeFocused();
    await keyboard.press("Escape");
    await expect(button("Rename")).toBeFocused();
    await keyboard.press("Enter");
    await keyboard.type(field, "not a name");
    await keyboard.press("Enter");
    await expect(field).toBeFocused();
    await keyboard.type(field, "orders-eu");
    await keyboard.press("Enter");
    await expect(page.getByRole("heading", { level: 1, name: "orders-eu" })).toBeVisible();
    await expect(button("Rename")).toBeFocused();
  });

  await test.step("its usage", async () => {
    await keyboard.activate(button("Show as table"));
    await expect(button("Show as table")).toBeFocused();
    await keyboard.walk();
    await keyboard.activate(button("Refresh"));
    await expect(button("Refresh")).toBeFocused();
  });

  await test.step("its settings", async () => {
    const settings = page.getByRole("region", { name: "Settings" });
    await keyboard.tabTo(settings.getByRole("combobox", { name: "Read regions" }));
    await page.keyboard.type("eu-west-1");
    await keyboard.press("Enter");
    const chip = settings.getByRole("button", { name: /^Remove .* eu-west-1$/ });
    await expect(chip).toBeVisible();
    await keyboard.tabTo(chip, "Shift+Tab");
    await keyboard.press("Enter");
    await expect(settings.getByRole("combobox", { name: "Read regions" })).toBeFocused();
    await keyboard.press("ArrowDown", "Enter");
    await keyboard.press("ArrowDown", "Enter", "Backspace");
    await keyboard.confirm(
      button("Change read regions…"),
      "Change the read regions of orders-eu?",
      "orders-eu",
    );
    await expect(settings.getByText(/^Read regions changed/)).toBeVisible();
    await expect(button("Change read regions…")).toBeFocused();

    await keyboard.select(settings.getByLabel("New plan"), "Free");
    await keyboard.confirm(button("Change plan…"), "Change the plan of orders-eu?", "orders-eu");
    await expect(settings.getByText("Plan changed.")).toBeVisible();
    await expect(button("Change plan…")).toBeFocused();

    await keyboard.fill(settings.getByLabel("New budget"), "20");
    await keyboard.confirm(button("Change budget…"), "Change the budget of orders-eu?", "orders-eu");
    await expect(settings.getByText("Budget changed.")).toBeVisible();
    await expect(button("Change budget…")).toBeFocused();

    await keyboard.tabTo(settings.getByRole("radio", { name: "Drop keys (eviction on)" }));
    await keyboard.press("Space");
    await keyboard.confirm(button("Change eviction…"), "Switch eviction of orders-eu on?", "orders-eu");
    await expect(settings.getByText("Now: on")).toBeVisible();
    await expect(button("Change eviction…")).toBeFocused();
  });
});

test("a dialog that Escape has closed opens again with the very next key", async ({ page }) => {
  const keyboard = new Keyboard(page);
  await openDatabase(page, keyboard);
  await keyboard.activate(page.getByRole("button", { name: "Delete database…" }));
  const field = page.getByRole("dialog").getByRole("textbox");
  await expect(field).toBeFocused();

  for (let round = 0; round < 10; round++) {
    // Both keys are sent before the page reacts to the first.
    await Promise.all([page.keyboard.press("Escape"), page.keyboard.press("Enter")]);
    await expect(field, `round ${round}`).toBeFocused();
  }
});

test("a database is backed up, restored, reset and deleted with the keyboard alone", async ({
  page,
  sandbox,
}) => {
  const keyboard = new Keyboard(page);
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
  const created = Date.now();
  await openDatabase(page, keyboard);

  await test.step("a backup is created and restored", async () => {
    const name = page.getByLabel("Name of a new backup");
    await page.waitForTimeout(Math.max(0, created + maintenance - Date.now()));
    await keyboard.fill(name, "before-import");
    await keyboard.press("Enter");
    await expect(page.getByText("before-import", { exact: true })).toBeVisible();
    await expect(name).toBeFocused();
    await keyboard.tabTo(button("Restore before-import…"), "Shift+Tab");
    await keyboard.confirm(button("Restore before-import…"), "Restore orders from before-import?", "orders");
    await expect(page.getByText(/^Restored from before-import/)).toBeVisible({ timeout: 30_000 });
    await expect(button("Restore before-import…")).toBeFocused();
  });

  await test.step("the credentials are reset", async () => {
    await keyboard.confirm(button("Reset credentials…"), "Reset the credentials of orders?", "orders");
    const notice = page.getByText("Credentials were replaced; reveal the new ones.").first();
    await expect(notice).toBeFocused({ timeout: 30_000 });
  });

  await test.step("it is deleted, after a fresh login", async () => {
    await makeLoginOld(page, sandbox);
    await keyboard.confirm(button("Delete database…"), "Delete orders?", "orders");
    const login = page.getByRole("dialog", { name: "Log in again to continue" });
    await expect(login.getByRole("button", { name: "Log in" })).toBeFocused();
    await keyboard.leaveDialog(
      login,
      page.getByRole("dialog", { name: "Delete orders?" }).getByRole("textbox"),
    );
    expect((await sandbox.account(demo.email)).databases).toHaveLength(1);

    await keyboard.press("Enter");
    await expect(login.getByRole("button", { name: "Log in" })).toBeFocused();
    const popup = page.waitForEvent("popup");
    await keyboard.press("Enter");
    await logInWithKeyboard(await popup);
    await expect(page.getByRole("heading", { level: 1, name: "Databases" })).toBeFocused();
    await expect(page.getByText("orders is deleted").first()).toBeVisible();
    expect((await sandbox.account(demo.email)).databases).toHaveLength(0);
  });
});
