import type { Page } from "@playwright/test";
import { choose, connect, demo } from "./journey";
import type { Sandbox } from "./sandbox";
import { expect, test } from "./test";

/** Creates a database, opens its page and gives its id. */
async function openDatabase(page: Page, sandbox: Sandbox): Promise<string> {
  await connect(page);
  await page.getByRole("link", { name: "Create your first database" }).click();
  await page.getByLabel("Name").fill("orders");
  await page.getByLabel("Primary region").selectOption("us-east-1");
  await page.getByRole("button", { name: "Create database" }).click();
  await expect(page.getByRole("row", { name: /orders/ })).toContainText("Active");
  await page.getByRole("link", { name: "orders", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "orders" })).toBeFocused();
  const [made] = (await sandbox.account(demo.email)).databases;
  return String(made?.database_id);
}

test("the server tests the connection to a database, and the page tells the outcome", async ({
  page,
  sandbox,
}) => {
  await openDatabase(page, sandbox);
  const part = page.getByRole("region", { name: "Connection test" });
  const button = part.getByRole("button", { name: "Test the connection" });
  const status = part.getByRole("status");
  const below = page.getByText("To test from your own machine");
  const place = () => below.evaluate((element) => element.getBoundingClientRect().top + window.scrollY);
  const before = await place();

  await button.click();
  await expect(status).toHaveText(/The server of .+ reached the database in \d+ ms\./);
  await expect(button).toBeFocused();

  await sandbox.fault({
    match: { target: "redis", path: "/ping" },
    do: { status: 502, body: "bad gateway" },
  });
  await button.click();
  await expect(status).toHaveText(/Not reachable: the answer is not that of a database/);
  await expect(part.getByRole("link", { name: "Status page of Upstash" })).toBeVisible();

  await sandbox.fault({
    match: { target: "redis", path: "/ping" },
    do: { status: 401, body: { error: "WRONGPASS" } },
  });
  await button.click();
  await expect(status).toHaveText(/The database rejected its token/);
  expect(await place(), "nothing below the outcome moves").toBe(before);

  await button.click();
  await expect(status).toHaveText(/reached the database/);

  await choose(page, "Access and activity");
  await expect(page.getByText("Connection to a database tested").first()).toBeVisible();
});

test("a test of a suspended database leads to the reasons", async ({ page, sandbox }) => {
  const id = await openDatabase(page, sandbox);
  await sandbox.suspendDatabase(demo.email, id);

  await page.getByRole("button", { name: "Test the connection" }).click();
  await expect(
    page.getByText("Upstash has suspended the database, so the server did not call it."),
  ).toBeVisible();
  await page.getByRole("button", { name: "Show its state" }).click();
  await expect(page.getByRole("heading", { name: "Upstash has suspended this database" })).toBeVisible();
  await expect(page.getByRole("heading", { level: 1, name: "orders" })).toBeFocused();
  await expect(page.getByRole("button", { name: "Test the connection" })).toBeHidden();
});

test.describe("without credentials", () => {
  test.use({ env: { BFF_EXPOSE_CREDENTIALS: "false" } });

  test("there is no test that uses them", async ({ page, sandbox }) => {
    await openDatabase(page, sandbox);
    await expect(page.getByRole("region", { name: "Connection test" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Test the connection" })).toBeHidden();
  });
});
