import type { Page } from "@playwright/test";
import type { Sandbox } from "./sandbox";
import { expect } from "./test";

export const demo = { email: "demo@example.com", password: "demo-password" };

/** What reaches the Developer API, as the journal writes it. */
export const mint = "POST /apikey 200";
export const list = "GET /v2/redis/databases 200";
/** Before a create the server lists the databases that already have the name, to recognise the new one later. */
export const create = [list, "POST /v2/redis/database 200"];

/** One connect and the list that is shown after it. */
export const firstConnect = [mint, list];

/** Two lists within a second are one call upstream, or two on a slow machine: repeats of a call count once. */
export function withoutRepeats(journal: string[]): string[] {
  return journal.filter((call, at) => call !== journal[at - 1]);
}

/**
 * A list may be answered from a cache for a second; after this, the next look reaches the Developer API. The cache is the
 * server's, which goes by the machine's clock: the page's clock, which a test could move, is nothing to it.
 */
export function outliveListCache(page: Page): Promise<void> {
  return page.waitForTimeout(1_100);
}

/** Presses the connect button and gives the login window. */
export async function openWindow(page: Page, button = "Connect Upstash"): Promise<Page> {
  const opened = page.waitForEvent("popup");
  await page.getByRole("button", { name: button }).click();
  return opened;
}

/** Fills in the provider's login form. */
export async function logIn(popup: Page, user = demo): Promise<void> {
  await popup.getByLabel("Email").fill(user.email);
  await popup.getByLabel("Password").fill(user.password);
  await popup.getByRole("button", { name: "Log in" }).click();
}

/** Goes from the login form to the sign-up form and fills it in. */
export async function fillSignUp(popup: Page, user: typeof demo): Promise<void> {
  await popup.getByRole("link", { name: "Sign up" }).click();
  await popup.getByLabel("Email").fill(user.email);
  await popup.getByLabel("Password").fill(user.password);
}

export async function signUp(popup: Page, user: typeof demo): Promise<void> {
  await fillSignUp(popup, user);
  await popup.getByRole("button", { name: "Sign up" }).click();
}

/** Connects the demo user and waits until the list is there and the window is gone. */
export async function connect(page: Page): Promise<void> {
  const popup = await openWindow(page);
  const closed = popup.waitForEvent("close");
  await logIn(popup);
  await expectList(page);
  await closed;
  await expectNoTraces(page);
}

/** The list was read and is shown, under the account's e-mail address. */
export async function expectList(page: Page, email = demo.email): Promise<void> {
  await expect(page.getByRole("heading", { level: 1, name: "Databases" })).toBeVisible();
  await expect(page.getByText(email, { exact: true })).toBeVisible();
  // Where other products are open, each has a table of its own.
  await expect(page.getByRole("table").or(page.getByText("No databases yet")).first()).toBeVisible();
}

export async function expectLanding(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { level: 1, name: /^Connect Upstash to/ })).toBeVisible();
  await expect(page.getByRole("button", { name: "Connect Upstash" })).toBeVisible();
}

/**
 * Presses a button whose press closes its window. The window may be gone before the press is reported as done,
 * and that report then fails although the press worked: only the closing itself tells.
 */
export async function pressToClose(popup: Page, button: string): Promise<void> {
  const press = popup.getByRole("button", { name: button }).click();
  const reported = press.catch((fault: unknown) => {
    if (!String(fault).includes("has been closed")) throw fault;
  });
  await Promise.all([popup.waitForEvent("close"), reported]);
}

/** Creates databases in the demo account, as a client of the API does. */
export async function createDatabases(sandbox: Sandbox, ...names: string[]): Promise<void> {
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

/** Chooses from the account menu. */
export async function choose(page: Page, item: string, email = demo.email): Promise<void> {
  await page.getByText(email, { exact: true }).click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}

/** Nothing of the login may stay in the browser: no SDK cookie, no transaction, no token. */
export async function expectNoTraces(page: Page): Promise<void> {
  const cookies = await page.context().cookies();
  expect(cookies.map(({ name }) => name).filter((name) => /auth0/i.test(name))).toEqual([]);
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(stored).not.toContain("a0.spajs");
  expect(stored, "no JSON Web Token in any storage").not.toMatch(/eyJ[\w-]+\.eyJ/);
}
