import { expect, test } from "./test";

const path = "/api/v1/docs";

test("a developer finds a call, reads it, and copies its command", async ({ page, context, sandbox }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(sandbox.app);
  await page.getByRole("contentinfo").getByRole("link", { name: "API reference" }).click();
  await page.getByRole("heading", { level: 1, name: "API reference" }).waitFor();
  await expect(page.getByRole("heading", { level: 2 }).first()).not.toHaveText("Types");

  const calls = page.getByRole("main").locator("details[data-item]").filter({ visible: true });
  const all = await calls.count();
  await page.getByRole("searchbox", { name: "Search the calls" }).fill("create DATABASES");
  await expect(page.getByRole("status")).toHaveText(/^\d+ results$/);
  expect(await calls.count()).toBeLessThan(all);
  await page.getByRole("searchbox").fill("post /databases createDatabase");
  await expect(page.getByRole("status")).toHaveText("1 result");
  await expect(calls).toHaveCount(1);

  await page
    .getByRole("navigation", { name: "Contents" })
    .getByRole("link", { name: "Create a database" })
    .click();
  await expect(page.getByText("Creates one Redis database.")).toBeVisible();
  await calls.getByRole("button", { name: "Copy" }).first().click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  expect(command).toContain(`curl -X POST ${sandbox.app}/api/v1/databases`);
  expect(command).toContain('"primary_region": "us-east-1"');

  await calls.getByRole("link", { name: "idempotency_key_reused" }).first().click();
  await expect(page).toHaveURL(/problems\/idempotency_key_reused$/);
});

test("a link to a call opens it", async ({ page, sandbox }) => {
  await page.goto(`${sandbox.app}${path}#completeConnectSession`);
  await expect(page.locator("#completeConnectSession")).toBeInViewport();
  await page
    .getByRole("navigation", { name: "Contents" })
    .getByRole("link", { name: "Get a database", exact: true })
    .click();
  await expect(page.locator("#getDatabase")).toBeInViewport();
  await page.locator("#getDatabase").getByRole("link", { name: "Database", exact: true }).click();
  await expect(page.locator("#type-Database")).toBeInViewport();
});

test("the problems are in groups and can be searched", async ({ page, sandbox }) => {
  await page.goto(`${sandbox.app}/api/v1/problems`);
  await expect(page.getByRole("heading", { level: 2 })).toHaveCount(5);
  await page.getByRole("searchbox", { name: "Search the problems" }).fill("429");
  await expect(page.getByRole("status")).toHaveText(/result/);
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["Wait for a limit"]);
  await page.getByRole("searchbox").fill("no such problem");
  await expect(page.getByRole("status")).toHaveText("0 results");

  await page.getByRole("searchbox").fill("");
  await page.getByRole("link", { name: "rate_limited" }).click();
  await expect(page.getByRole("listitem")).toHaveCount(7);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("every call is there", async ({ page, sandbox }) => {
    await page.goto(`${sandbox.app}${path}`);
    await page.getByRole("heading", { level: 3, name: "Create a database", exact: true }).last().click();
    await expect(page.getByText("Creates one Redis database.")).toBeVisible();
    await expect(page.getByRole("searchbox")).toHaveCount(0);
  });
});

test("a visitor at another address is redirected to the configured one", async ({ page, sandbox }) => {
  await page.goto(sandbox.app.replace("localhost", "127.0.0.1"));
  await page.getByRole("heading", { level: 1, name: "Wrong host for this server" }).waitFor();
  await page.getByRole("link").click();
  await expect(page.getByRole("button", { name: "Connect Upstash" })).toBeVisible();
  expect(page.url()).toBe(`${sandbox.app}/`);
});
