import type { Page } from "@playwright/test";
import { demo, logIn, openWindow, tabTo } from "./journey";
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

/** Creates databases in the demo account, as a client of the API does. */
async function createDatabases(sandbox: Sandbox, ...names: string[]): Promise<void> {
  const headers = {
    Authorization: `Bearer ${await sandbox.token(demo.email)}`,
    "Content-Type": "application/json",
  };
  await fetch(`${sandbox.app}/api/v1/connection`, { method: "PUT", headers });
  for (const name of names) {
    const body = JSON.stringify({ name, primary_region: "us-east-1" });
    const created = await fetch(`${sandbox.app}/api/v1/databases`, { method: "POST", headers, body });
    expect(created.status, await created.text()).toBe(201);
  }
}

/** Goes from the partner's page to the picker, without a mouse. */
async function openPicker(page: Page, house: Partner): Promise<void> {
  await page.goto(`${house.origin}/?user=${user}`);
  await tabTo(page, page.getByRole("button", { name: "Connect Upstash", exact: true }));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Connect Upstash to ACME" }).waitFor();
  await tabTo(page, page.getByRole("button", { name: "Connect Upstash" }));
  const opened = page.waitForEvent("popup");
  await page.keyboard.press("Enter");
  const popup = await opened;
  await popup.getByLabel("Email").fill(demo.email);
  await popup.getByLabel("Password").fill(demo.password);
  await popup.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Choose a database" })).toBeFocused();
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
  await openPicker(page, house);
  await tabTo(page, page.getByRole("button", { name: "Connect database" }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toHaveText("Select a database, or create one.");

  await page.getByRole("heading", { level: 1 }).focus();
  await tabTo(page, page.getByRole("radio", { name: /orders/ }));
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("radio", { name: /sessions/ })).toBeChecked();
  await tabTo(page, page.getByRole("button", { name: "Connect database" }));
  await page.keyboard.press("Enter");
  await expectConnected(page, house);
  expect(await given(house)).toEqual([await idOf(sandbox, "sessions")]);
});

test("a first database is created and picked with the keyboard alone", async ({ page, sandbox, house }) => {
  await openPicker(page, house);
  await expect(page.getByRole("heading", { name: "Create your first database" })).toBeVisible();
  await tabTo(page, page.getByLabel("Name"));
  await page.keyboard.type("fresh");
  await tabTo(page, page.getByLabel("Primary region"));
  await page.keyboard.type("US East (N");
  await tabTo(page, page.getByRole("button", { name: "Create database" }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("radio", { name: /fresh/ })).toBeChecked();
  await expect(page.getByTestId("announcer")).toContainText("fresh is created and selected");

  await tabTo(page, page.getByRole("button", { name: "Connect database" }));
  await page.keyboard.press("Enter");
  await expectConnected(page, house);
  expect(await given(house)).toEqual([await idOf(sandbox, "fresh")]);
});

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
  await logIn(await openWindow(page));

  await expect(page.getByRole("alert")).toHaveText(
    "Your session has ended. Log in again to continue. Nothing was allowed.",
  );
  await logIn(await openWindow(page));
  await page.getByRole("radio", { name: /orders/ }).check();
  await page.getByRole("button", { name: "Connect database" }).click();
  await expectConnected(page, house);
  expect(await given(house)).toEqual([await idOf(sandbox, "orders")]);
});
