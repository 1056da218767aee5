import type { BrowserContext, Page } from "@playwright/test";
import { demo, logIn } from "../journey";
import { expect } from "../test";
import type { Tour } from "./tour";

/** Presses the connect button and gives the login window, whose form is ready. */
export async function openWindow(tour: Tour): Promise<Page> {
  const popup = await pressToOpen(tour, tour.text.connect_button());
  await popup.getByLabel("Email").waitFor();
  return popup;
}

/** Presses a button that opens a window, and gives the window. */
export async function pressToOpen({ page }: Tour, button: string): Promise<Page> {
  const opened = page.waitForEvent("popup");
  await page.getByRole("button", { name: button, exact: true }).click();
  return opened;
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

/** Answers nothing to the requests for this address, so that what the page shows meanwhile stays. */
export function hold(at: Page | BrowserContext, address: string, method?: string): Promise<unknown> {
  return at.route(address, (route) => {
    const held = method === undefined || route.request().method() === method;
    if (!held) return route.fallback();
  });
}

/** Leaves the page where it is when it goes to this address: the response has no content. */
export function stay(page: Page, address: string): Promise<unknown> {
  return page.route(address, (route) => route.fulfill({ status: 204 }));
}

/** Stops the clock of all pages of a context, so that no countdown ends. Their timers continue. */
export function stopClock(page: Page): Promise<void> {
  return page.clock.setFixedTime(Date.now());
}

/** Rejects the deletion of a database as the server does ten minutes after the login. */
export function requireFreshLogin(page: Page): Promise<unknown> {
  return page.route("**/api/v1/databases/*", (route) =>
    route.request().method() !== "DELETE"
      ? route.continue()
      : route.fulfill({
          status: 401,
          contentType: "application/problem+json",
          body: JSON.stringify({ code: "fresh_login_required", status: 401, title: "Log in again" }),
        }),
  );
}
