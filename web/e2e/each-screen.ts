import type { Page } from "@playwright/test";
import { connect } from "./journey";
import { expect } from "./test";

/** The screens of an account with one database, each ready. */
export async function eachScreen(
  page: Page,
  app: string,
  look: (name: string) => Promise<void>,
): Promise<void> {
  await page.getByRole("button", { name: "Connect Upstash" }).waitFor();
  await look("landing page");
  await connect(page);
  await look("empty list");
  await page.getByRole("link", { name: "Create your first database" }).click();
  await page.getByLabel("Name").fill("orders");
  await page.getByLabel("Primary region").selectOption("us-east-1");
  await look("create form");
  await page.getByRole("button", { name: "Create database" }).click();
  await expect(page.getByRole("link", { name: "orders" })).toBeVisible();
  await look("list");
  await page.getByRole("link", { name: "orders" }).click();
  await page.getByRole("button", { name: "Reveal credentials" }).waitFor();
  await look("database");
  await page.goto(`${app}/account`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await look("account");
}
