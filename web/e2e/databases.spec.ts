import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import {
  choose,
  connect,
  create,
  demo,
  expectList,
  expectNoTraces,
  firstConnect,
  list,
  openWindow,
  outliveListCache,
  signUp,
} from "./journey";
import type { Sandbox } from "./sandbox";
import { expect, test } from "./test";

test("create a database, reveal its credentials, copy them", async ({ page, context, sandbox }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await connect(page);

  await page.getByRole("link", { name: "Create your first database" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "New database" })).toBeFocused();
  await page.getByLabel("Name").fill("orders");
  await page.getByLabel("Primary region").selectOption("us-east-1");
  await page.getByRole("combobox", { name: "Read regions" }).fill("ireland");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Remove Europe (Ireland) eu-west-1" })).toBeVisible();
  await page.getByRole("button", { name: "Create database" }).click();

  const link = page.getByRole("link", { name: "orders" });
  await expect(link).toBeFocused();
  await expect(page.getByRole("row", { name: /orders/ })).toContainText("Active");
  await expect(page.getByTestId("announcer")).toContainText("orders is ready");
  await expect(page.getByRole("link", { name: "View credentials" })).toBeVisible();

  await link.click();
  await expect(page.getByRole("heading", { level: 1, name: "orders" })).toBeFocused();
  const [made] = (await sandbox.account(demo.email)).databases;
  if (made === undefined) throw new Error("no database was made");
  await expect(page.locator("body")).not.toContainText(String(made.password));

  await page.getByRole("button", { name: "Reveal credentials" }).click();
  await expect(page.locator("body")).not.toContainText(String(made.password));
  await page.getByRole("button", { name: "Copy Password" }).click();
  await expect(page.getByTestId("announcer")).toContainText("Copied");
  expect(await copied()).toBe(made.password);
  await page.getByRole("button", { name: "Copy .env snippet" }).click();
  expect(await copied()).toContain(`UPSTASH_REDIS_REST_TOKEN=${made.rest_token}\n`);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download .env" }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe("orders.env");
  expect(await readFile(await file.path(), "utf8")).toBe(`${await copied()}\n`);
  await page.getByRole("radio", { name: "Read-only" }).check();
  await page.getByRole("button", { name: "Copy connection string" }).click();
  expect(await copied()).toContain(`default_ro:${encodeURIComponent(String(made.read_only_rest_token))}@`);
  await page.getByRole("radio", { name: "Full access" }).check();

  await page.getByRole("button", { name: "Show Password" }).click();
  await expect(page.getByText(String(made.password), { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Hide", exact: true }).click();
  await expect(page.getByRole("button", { name: "Reveal credentials" })).toBeVisible();
  await expect(page.locator("body")).not.toContainText(String(made.password));

  const one = `GET /v2/redis/database/${made.database_id} 200`;
  expect(await sandbox.journal()).toEqual([...firstConnect, ...create, list, one, one]);
});

test("a row copies its .env: one reveal, and no secret on the page", async ({ page, context, sandbox }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await connect(page);
  await fillIn(page, "orders");
  await page.getByRole("button", { name: "Create database" }).click();
  const reveals: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/credentials")) reveals.push(request.url());
  });
  await page.getByRole("button", { name: "Copy .env of orders" }).dblclick();
  await expect(page.getByTestId("announcer")).toContainText("Copied the .env of orders");
  const [made] = (await sandbox.account(demo.email)).databases;
  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(text).toContain(`UPSTASH_REDIS_REST_TOKEN=${made?.rest_token}\n`);
  expect(text).toContain(`KV_REST_API_READ_ONLY_TOKEN=${made?.read_only_rest_token}`);
  expect(await page.content()).not.toContain(String(made?.rest_token));
  expect(reveals).toHaveLength(1);

  await choose(page, "Access and activity");
  await expect(page.getByRole("row").filter({ hasText: "Credentials" })).toHaveCount(1);
});

test("Open in Upstash leads to the database in the console", async ({ page }) => {
  await connect(page);
  await fillIn(page, "orders");
  await page.getByRole("button", { name: "Create database" }).click();
  await page.getByRole("link", { name: "orders" }).click();
  const opened = page.waitForEvent("popup");
  await page.getByRole("link", { name: "Open in Upstash" }).click();
  const console = await opened;
  await expect(console.getByRole("heading", { level: 2, name: "orders" })).toBeVisible();
  expect(new URL(console.url()).pathname).toBe(
    `/console${new URL(page.url()).pathname.replace("databases", "redis")}`,
  );
});

test("500 databases are searched, sorted and paged, and the Back button returns to the same rows", async ({
  page,
  sandbox,
}) => {
  test.setTimeout(120_000);
  await connect(page);
  await outliveListCache(page);
  const databases = Array.from({ length: 500 }, (_, n) => ({
    database_id: `${String(n).padStart(8, "0")}-efb7-4feb-8467-64d8385ea796`,
    database_name: `database-${n}`,
    state: n === 499 ? "suspended" : "active",
    type: "payg",
    primary_region: n % 2 === 0 ? "us-east-1" : "eu-west-1",
    endpoint: `eu2-${n}.upstash.io`,
    port: 6379,
    tls: true,
    creation_time: 1_795_000_000 + n,
  }));
  const get = { target: "upstash", method: "GET" } as const;
  const answer = (path: string, body: unknown) =>
    sandbox.fault({ match: { ...get, path }, count: -1, do: { status: 200, body } });
  await answer("/v2/redis/databases", databases);
  await answer(`/v2/redis/database/${databases[499]?.database_id}`, databases[499]);
  await page.reload();
  await expect(page.getByRole("rowheader").first()).toHaveText("database-499");
  await expect(page.getByRole("rowheader")).toHaveCount(50);

  await page.getByRole("button", { name: "Name" }).click();
  await page.getByRole("button", { name: "Next" }).click();
  await expect(page.getByRole("rowheader").first()).toHaveText("database-50");
  await expect(page.getByText("51–100 of 500")).toBeVisible();
  await page.getByRole("searchbox").fill("ireland 49");
  await expect(page.getByText("10 of 500")).toBeVisible();
  await expect(page.getByTestId("announcer")).toContainText("Matches: 10");

  await page.getByRole("link", { name: "Why? database-499 is suspended" }).click();
  await expect(page.getByRole("heading", { name: "Upstash has suspended this database" })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("searchbox")).toHaveValue("ireland 49");
  await expect(page.getByRole("rowheader").first()).toHaveText("database-49");
  await expect(page.getByRole("rowheader")).toHaveCount(10);

  await page.setViewportSize({ width: 360, height: 740 });
  await page.getByRole("combobox", { name: "Sort by" }).selectOption("Name, Z to A");
  await expect(page.getByRole("rowheader").first()).toHaveText("database-499");
});

test("while a database is being created, the page polls by ETag, and a 304 does not redraw the list", async ({
  page,
  sandbox,
}) => {
  await connect(page);
  await fillIn(page, "orders");
  await page.getByRole("button", { name: "Create database" }).click();
  await expect(page.getByRole("row", { name: /orders/ })).toContainText("Active");
  const orders = (await sandbox.account(demo.email)).databases[0];
  const slow = { ...orders, database_id: crypto.randomUUID(), database_name: "slow", state: "creating" };
  await sandbox.fault({ match: createCall, do: { status: 200, body: slow } });
  const listIs = (...databases: unknown[]) =>
    sandbox.fault({
      match: { target: "upstash", method: "GET", path: "/v2/redis/databases" },
      count: -1,
      do: { status: 200, body: databases },
    });
  await listIs(orders, slow);

  const polls: { status: number; tag: string | undefined }[] = [];
  page.on("response", (response) => {
    if (!response.url().endsWith("/api/v1/databases") || response.request().method() !== "GET") return;
    polls.push({ status: response.status(), tag: response.request().headers()["if-none-match"] });
  });
  await page.getByRole("link", { name: "New database" }).click();
  await page.getByLabel("Name").fill("slow");
  await page.getByLabel("Primary region").selectOption("us-east-1");
  await page.getByRole("button", { name: "Create database" }).click();
  const row = page.getByRole("row", { name: /slow/ });
  await expect(row).toContainText("Creating");
  await row.evaluate((element) => element.setAttribute("data-marked", "still the same"));
  const unchanged = () => polls.filter(({ status }) => status === 304).length;
  await expect.poll(unchanged, { timeout: 15_000 }).toBeGreaterThanOrEqual(2);
  await expect(row).toHaveAttribute("data-marked", "still the same");
  await expect(row).toContainText("Creating");
  expect(polls.every(({ tag }) => tag !== undefined)).toBe(true);

  await sandbox.endFaults();
  await listIs(orders, { ...slow, state: "active" });
  await expect(row).toContainText("Active", { timeout: 15_000 });
  expect(polls.at(-1)?.status).toBe(200);
});

test("a second database on the free plan is rejected with an explanation", async ({ page, sandbox }) => {
  await signUp(await openWindow(page), { email: "free@example.com", password: "a-long-password" });

  await expectList(page, "free@example.com");
  await expectNoTraces(page);
  for (const name of ["first", "second"]) {
    await page.getByRole("link", { name: /Create your first database|New database/ }).click();
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Primary region").selectOption("us-east-1");
    await page.getByRole("button", { name: "Create database" }).click();
    if (name === "first") await expect(page.getByRole("link", { name })).toBeVisible();
  }
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(page.getByRole("heading", { level: 1, name: "New database" })).toBeVisible();
  expect((await sandbox.account("free@example.com")).databases).toHaveLength(1);
  expect(await sandbox.journal()).toEqual([
    ...firstConnect,
    ...create,
    list,
    list,
    "POST /v2/redis/database 400",
  ]);
});

test("a create whose response is lost is found, not created again", async ({ page, sandbox }) => {
  await connect(page);
  await sandbox.fault({ match: createCall, do: { drop: "after_commit" } });
  await fillIn(page, "orders");
  await page.getByRole("button", { name: "Create database" }).click();
  await expect(page.getByRole("link", { name: "orders" })).toBeVisible();
  expect((await sandbox.account(demo.email)).databases).toHaveLength(1);
  expect(await posts(sandbox), "sent once, answered never").toEqual(["POST /v2/redis/database 0"]);
});

test.describe("with three seconds to settle a create", () => {
  test.use({ env: { BFF_CREATE_SETTLE: "3s" } });

  test("a create that may be lost: the page explains it, and a retry creates one database", async ({
    page,
    sandbox,
  }) => {
    await connect(page);
    await sandbox.fault({ match: createCall, do: { drop: "before_commit" } });
    await fillIn(page, "orders");
    await page.getByRole("button", { name: "Create database" }).click();
    await expect(page.getByRole("alert")).toContainText("We don't know yet whether it worked");
    await expect(page.getByText(/^You can try again in/)).toBeVisible();
    await expect(page.getByText("You can try again in")).toHaveCount(0, { timeout: 10_000 });

    await page.getByRole("button", { name: "Create database" }).click();
    await expect(page.getByRole("link", { name: "orders" })).toBeFocused();
    expect((await sandbox.account(demo.email)).databases).toHaveLength(1);
    expect(await posts(sandbox)).toEqual(["POST /v2/redis/database 0", "POST /v2/redis/database 200"]);
  });
});

test("an outage of Upstash shows the request ID, and Retry works", async ({ page, sandbox }) => {
  await connect(page);
  await outliveListCache(page);
  await sandbox.fault({
    match: { target: "upstash", method: "GET", path: "/v2/redis/databases" },
    count: -1,
    do: { status: 500, body: "kitten" },
  });
  await page.reload();
  await expect(page.getByRole("alert")).toBeVisible({ timeout: 20_000 });
  await expect(page.getByText(/^Request/)).toBeVisible();
  await expect(page.locator("body")).not.toContainText("kitten");

  await sandbox.endFaults();
  await page.getByRole("button", { name: "Retry" }).click();
  await expect(page.getByRole("heading", { name: "No databases yet" })).toBeVisible({ timeout: 20_000 });
});

const createCall = { target: "upstash", method: "POST", path: "/v2/redis/database" } as const;

async function fillIn(page: Page, name: string): Promise<void> {
  await page.getByRole("link", { name: "Create your first database" }).click();
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Primary region").selectOption("us-east-1");
}

async function posts(sandbox: Sandbox): Promise<string[]> {
  return (await sandbox.journal()).filter((line) => line.startsWith("POST /v2"));
}
