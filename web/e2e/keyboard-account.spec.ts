import type { Page } from "@playwright/test";
import { demo } from "./journey";
import { Keyboard, logInWithKeyboard } from "./keyboard";
import { Partner } from "./partner";
import { test as base, expect } from "./test";

const user = "ada-4711";

/** A service of somebody else's. */
const test = base.extend<{ shop: Partner }>({
  shop: async ({ sandbox }, use) => {
    const shop = await Partner.registered(sandbox, "shop", "The Shop");
    shop.ask = { databases: "all" };
    await use(shop);
    await shop.stop();
  },
});

test.describe.configure({ timeout: 120_000 }); // each goes through many tasks

test("a service is allowed less than it asks for, reduced and revoked with the keyboard alone", async ({
  page,
  sandbox,
  shop,
}) => {
  const keyboard = new Keyboard(page);
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
  const heading = (name: string | RegExp) => page.getByRole("heading", { level: 1, name });
  const grants = async () => (await shop.call("GET", `/grants?external_id=${user}`)).body.grants;

  await test.step("the consent", async () => {
    await page.goto(`${shop.origin}/?user=${user}`);
    await page.getByRole("button", { name: "Connect Upstash", exact: true }).click();
    await heading("The Shop asks to use your Upstash account").waitFor();
    await keyboard.walk();
    const popup = page.waitForEvent("popup");
    await keyboard.activate(button("Connect Upstash"));
    await logInWithKeyboard(await popup);
    await expect(heading("What may The Shop do?")).toBeFocused();

    await keyboard.activate(button("Choose another account"));
    await expect(heading("The Shop asks to use your Upstash account")).toBeFocused();
    await keyboard.activate(button(`Continue as ${demo.email}`));
    await expect(heading("What may The Shop do?")).toBeFocused();
    await keyboard.walk();
    await keyboard.tabTo(page.getByRole("checkbox", { name: /Read the password/ }));
    await keyboard.press("Space");
    await keyboard.tabTo(page.getByRole("radio"));
    await keyboard.press("ArrowDown");
    await keyboard.leave(button("Allow"));
    await expect(page.getByRole("heading", { name: `Connected as ${demo.email}` })).toBeVisible();
    expect(await grants()).toMatchObject([
      { scopes: ["redis.list", "redis.get", "redis.create"], databases: "created" },
    ]);
  });

  await test.step("the account page", async () => {
    await page.goto(sandbox.app);
    keyboard.reloaded();
    const menu = button(`Account ${demo.email}`);
    await keyboard.activate(menu);
    await expect(page.getByRole("menuitem", { name: "Access and activity" })).toBeFocused();
    await keyboard.press("ArrowUp");
    await expect(page.getByRole("menuitem", { name: "Disconnect…" })).toBeFocused();
    await keyboard.press("Escape");
    await expect(page.getByRole("menu")).toHaveCount(0);
    await expect(menu).toBeFocused();
    await keyboard.press("Enter", "Tab");
    await expect(page.getByRole("menu")).toHaveCount(0);
    await keyboard.tabTo(menu, "Shift+Tab");
    await keyboard.press("ArrowDown", "Enter");
    await expect(heading("Access and activity")).toBeFocused();

    await keyboard.activate(page.getByText("Permissions"));
    await keyboard.walk();
    const reduce = button("Reduce access… (The Shop)");
    const dialog = page.getByRole("dialog");
    await keyboard.activate(reduce);
    await keyboard.leaveDialog(dialog, reduce);
    await keyboard.press("Enter");
    await keyboard.tabTo(page.getByRole("checkbox", { name: /Create databases/ }));
    await keyboard.press("Space");
    await keyboard.activate(button("Save"));
    await expect(dialog).toHaveCount(0);
    await expect(reduce).toBeFocused();
    expect(await grants()).toMatchObject([{ scopes: ["redis.list", "redis.get"] }]);

    const revoke = button("Revoke access… (The Shop)");
    await keyboard.activate(revoke);
    await expect(button("Cancel")).toBeFocused();
    await keyboard.leaveDialog(dialog, revoke);
    await keyboard.press("Enter");
    await keyboard.tabTo(button("Revoke access"), "Shift+Tab");
    await keyboard.press("Enter");
    await expect(page.getByText("You revoked its access")).toBeVisible();
    await expect(page.getByRole("heading", { name: "Services with access" })).toBeFocused();
  });
});

test("an account is left, and its old keys are dismissed, with the keyboard alone", async ({
  page,
  sandbox,
}) => {
  const keyboard = new Keyboard(page);
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
  const heading = (name: string | RegExp) => page.getByRole("heading", { level: 1, name });

  await test.step("a login that is cancelled", async () => {
    const opened = page.waitForEvent("popup");
    await keyboard.activate(button("Connect Upstash"));
    const popup = await opened;
    await expect(page.getByRole("heading", { name: "Waiting for you to log in" })).toBeFocused();
    await page.bringToFront();
    await keyboard.walk();
    await keyboard.activate(button("Cancel"));
    await expect(button("Connect Upstash")).toBeFocused();
    if (!popup.isClosed()) await popup.close();
  });

  await test.step("the skip link", async () => {
    await keyboard.connect();
    await page.reload();
    keyboard.reloaded();
    await page.getByRole("link", { name: "Create your first database" }).waitFor();
    await keyboard.tabTo(page.getByRole("link", { name: "Skip to content" }));
    await keyboard.press("Enter", "Tab");
    await expect(page.getByRole("link", { name: "Create your first database" })).toBeFocused();
  });

  await test.step("a long activity", async () => {
    await page.route("**/api/v1/connection/events", (route) => route.fulfill({ json: { events } }));
    await chooseFromMenu(page, keyboard, "Access and activity");
    await keyboard.activate(button("Show 1 more"));
    await expect(page.getByRole("row").last()).toBeFocused();
    await page.unrouteAll();
  });

  await test.step("disconnect", async () => {
    const menu = button(`Account ${demo.email}`);
    await chooseFromMenu(page, keyboard, "Disconnect…");
    const dialog = page.getByRole("dialog");
    await expect(dialog.getByRole("button", { name: "Cancel" })).toBeFocused();
    await keyboard.leaveDialog(dialog, menu);
    await chooseFromMenu(page, keyboard, "Disconnect…");
    await keyboard.tabTo(button("Disconnect"), "Shift+Tab");
    await keyboard.press("Enter");
    await expect(heading("Your account is disconnected")).toBeFocused();
    await keyboard.walk();
    await keyboard.activate(button("Back to the start page"));
    await expect(heading(/^Connect Upstash to/)).toBeFocused();
  });

  await test.step("old keys", async () => {
    await keyboard.connect();
    const summary = page.getByText("One key of an earlier connection can be deleted");
    await keyboard.activate(summary);
    await keyboard.walk();
    await keyboard.activate(button(/^I deleted it/));
    await expect(summary).toHaveCount(0);
    await expect(page.getByRole("main")).toBeFocused();
  });

  await test.step("sign out", async () => {
    await chooseFromMenu(page, keyboard, "Sign out");
    await expect(heading(/^Connect Upstash to/)).toBeFocused();
  });
  expect((await sandbox.account(demo.email)).keys.length).toBe(2);
});

async function chooseFromMenu(page: Page, keyboard: Keyboard, item: string): Promise<void> {
  const menu = page.getByRole("button", { name: `Account ${demo.email}` });
  if (!(await menu.evaluate((element) => element === document.activeElement))) await keyboard.tabTo(menu);
  await keyboard.press("Enter");
  await expect(page.getByRole("menuitem").first()).toBeFocused();
  await keyboard.press(item.slice(0, 1).toLowerCase());
  await expect(page.getByRole("menuitem", { name: item, exact: true })).toBeFocused();
  await keyboard.press("Enter");
}

/** More events than the page shows at first. */
const events = Array.from({ length: 21 }, (_, index) => ({
  at: "2026-11-27T09:30:00Z",
  action: "database_created",
  detail: `database-${index}`,
  actor: { kind: "user" },
  request_id: `req-${index}`,
  address: "",
}));
