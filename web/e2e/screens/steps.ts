import type { Page } from "@playwright/test";
import { demo, logIn } from "../journey";
import { expect } from "../test";
import type { Tour } from "./tour";

/** Presses the connect button and gives the login window, whose form is ready. */
export async function openWindow({ page, text }: Tour): Promise<Page> {
  const opened = page.waitForEvent("popup");
  await page.getByRole("button", { name: text.connect_button(), exact: true }).click();
  const popup = await opened;
  await popup.getByLabel("Email").waitFor();
  return popup;
}

/** Connects a user and waits until the list is there and the window is gone. */
export async function connect(tour: Tour, user = demo): Promise<void> {
  const popup = await openWindow(tour);
  const closed = popup.waitForEvent("close");
  await logIn(popup, user);
  await expectList(tour);
  await closed;
}

/** The list was read. */
export async function expectList({ page, text }: Tour): Promise<void> {
  await expect(page.getByRole("heading", { level: 1, name: text.databases_heading() })).toBeVisible();
  await expect(page.getByRole("table").or(page.locator('a[href$="/new"]')).first()).toBeVisible();
}

/** Opens the account menu and, if one is named, chooses an item. */
export async function openMenu({ page, text }: Tour, item?: string): Promise<void> {
  await page.getByRole("button", { name: text.account_menu_name() }).first().click();
  await page.getByRole("menu").waitFor();
  if (item !== undefined) await page.getByRole("menuitem", { name: item, exact: true }).click();
}

/** Fills in the form of a new database, which is open. */
export async function fillDatabase({ page, text }: Tour, name: string, region = "us-east-1"): Promise<void> {
  await page.getByRole("textbox", { name: text.form_name(), exact: true }).fill(name);
  await page.getByLabel(text.database_primary_region()).selectOption(region);
}

/** Creates a database with the form. */
export async function createDatabase(tour: Tour, name: string, region = "us-east-1"): Promise<void> {
  const { page, text, sandbox } = tour;
  await page.goto(`${sandbox.app}/databases/new`);
  await fillDatabase(tour, name, region);
  await page.getByRole("button", { name: text.database_create(), exact: true }).click();
  await page.getByRole("link", { name, exact: true }).waitFor();
}

/** Waits until a heading of the first level is there. */
export async function heading(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole("heading", { level: 1, name }).waitFor();
}
