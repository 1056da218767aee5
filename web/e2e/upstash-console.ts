import type { Browser, Page } from "@playwright/test";
import { demo, logIn } from "./journey";
import type { Sandbox } from "./sandbox";
import { expect } from "./test";

/** Where the console's pages are. */
export const consolePage = { keys: "/account/api", settings: "/account/settings", databases: "/redis" };

/** Opens the sandbox's Upstash console in a browser of its own, and logs in there. Close its context. */
export async function openConsole(
  browser: Browser,
  sandbox: Sandbox,
  path: string,
  user = demo,
): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${sandbox.upstash}/console${path}`);
  await logIn(page, user);
  await expect(page.getByRole("navigation", { name: "Console" })).toBeVisible();
  return page;
}

/** Deletes a key on the page that lists them, as its owner would. */
export async function deleteKey(page: Page, name: string): Promise<void> {
  await page.getByRole("link", { name: `Delete the key ${name}` }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Delete this key?" })).toBeVisible();
  await page.getByRole("button", { name: "Delete the key" }).click();
  await expect(page.getByRole("status")).toHaveText(`The key ${name} was deleted. Upstash now rejects it.`);
}
