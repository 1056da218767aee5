import type { Page } from "@playwright/test";
import { createDatabases, demo, logIn, openWindow } from "./journey";
import { Keyboard, logInWithKeyboard } from "./keyboard";
import { Partner } from "./partner";
import type { Sandbox } from "./sandbox";
import { test as base, expect } from "./test";

const user = "ada-4711";

/** The product of the same house, which asks its users for a database. */
const test = base.extend<{ house: Partner }>({
  house: async ({ sandbox }, use) => {
    const house = await Partner.ofTheHouse(sandbox);
    house.ask = { select: "database" };
    await use(house);
    await house.stop();
  },
});

/** Goes from the partner's page to the picker, without a mouse. */
async function openPicker(page: Page, house: Partner): Promise<Keyboard> {
  const keyboard = new Keyboard(page);
  await page.goto(`${house.origin}/?user=${user}`);
  await page.getByRole("button", { name: "Connect Upstash", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Connect Upstash to ACME" }).waitFor();
  const opened = page.waitForEvent("popup");
  await keyboard.activate(page.getByRole("button", { name: "Connect Upstash" }));
  await logInWithKeyboard(await opened);
  await expect(page.getByRole("heading", { level: 1, name: "Choose a database" })).toBeFocused();
  return keyboard;
}

async function expectConnected(page: Page, house: Partner): Promise<void> {
  await expect(page.getByRole("heading", { name: `Connected as ${demo.email}` })).toBeVisible();
  expect(new URL(page.url()).origin).toBe(house.origin);
}

/** The ids of the databases that the service may use. */
async function given(house: Partner): Promise<string[]> {
  const { grants } = (await house.call("GET", `/grants?external_id=${user}`)).body;
  return grants[0].database_ids;
}

async function idOf(sandbox: Sandbox, name: string): Promise<unknown> {
  const { databases } = await sandbox.account(demo.email);
  return databases.find((each) => each.database_name === name)?.database_id;
}

test("a database is picked with the keyboard alone", async ({ page, sandbox, house }) => {
  await createDatabases(sandbox, "orders", "sessions");
  const keyboard = await openPicker(page, house);
  const connect = page.getByRole("button", { name: "Connect database" });
  await keyboard.activate(connect);
  await expect(page.getByRole("alert")).toHaveText("Select a database, or create one.");
  await expect(connect).toBeFocused();

  await keyboard.tabTo(page.getByRole("radio"), "Shift+Tab");
  await keyboard.press("ArrowDown");
  await keyboard.press("ArrowUp");
  const chosen = page.getByRole("radio", { checked: true });
  await expect(chosen).toBeFocused();
  const id = await chosen.inputValue();
  await keyboard.leave(connect);
  await expectConnected(page, house);
  expect(await given(house)).toEqual([id]);
});

test("a database is created and picked with the keyboard alone", async ({ page, sandbox, house }) => {
  await createDatabases(sandbox, "orders");
  const keyboard = await openPicker(page, house);
  await keyboard.activate(page.getByRole("button", { name: "Create a database" }));
  await expect(page.getByRole("heading", { name: "Create a database" })).toBeFocused();
  await create(page, keyboard, "fresh");
  await keyboard.leave(page.getByRole("button", { name: "Connect database" }));
  await expectConnected(page, house);
  expect(await given(house)).toEqual([await idOf(sandbox, "fresh")]);
});

test("a first database is created and picked with the keyboard alone", async ({ page, sandbox, house }) => {
  const keyboard = await openPicker(page, house);
  await expect(page.getByRole("heading", { name: "Create your first database" })).toBeVisible();
  await create(page, keyboard, "first");
  await keyboard.leave(page.getByRole("button", { name: "Connect database" }));
  await expectConnected(page, house);
  expect(await given(house)).toEqual([await idOf(sandbox, "first")]);
});

/** Creates a database in the picker. It is then the selected one. */
async function create(page: Page, keyboard: Keyboard, name: string): Promise<void> {
  await keyboard.fill(page.getByLabel("Name"), name);
  await keyboard.select(page.getByLabel("Primary region"), "us-east-1");
  await keyboard.activate(page.getByRole("button", { name: "Create database" }));
  await expect(page.getByRole("radio", { name })).toBeChecked();
  await expect(page.getByRole("radio", { name })).toBeFocused();
  await expect(page.getByTestId("announcer")).toContainText(`${name} is created and selected`);
}

test("a session that ends while the picker lists leads back to the login, and to the picker again", async ({
  page,
  context,
  sandbox,
  house,
}) => {
  await createDatabases(sandbox, "orders");
  await page.route(
    "**/api/v1/databases",
    async (route) => {
      await context.clearCookies({ name: /session/ });
      await route.continue();
    },
    { times: 1 },
  );
  await page.goto(`${house.origin}/?user=${user}`);
  await page.getByRole("button", { name: "Connect Upstash", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Connect Upstash to ACME" }).waitFor();
  const first = await openWindow(page);
  const closed = first.waitForEvent("close"); // a window that is still open would be used again
  await logIn(first);
  await closed;

  await expect(page.getByRole("alert")).toHaveText(
    "Your session has ended. Log in again to continue. Nothing was allowed.",
  );
  await logIn(await openWindow(page));
  await page.getByRole("radio", { name: /orders/ }).check();
  await page.getByRole("button", { name: "Connect database" }).click();
  await expectConnected(page, house);
  expect(await given(house)).toEqual([await idOf(sandbox, "orders")]);
});
