import { readFile } from "node:fs/promises";
import { test as base, expect, type Page } from "@playwright/test";
import { Example } from "./example";
import { demo, logIn, openWindow } from "./journey";

/** Which of the two partners; the one for Next.js must be built, which scripts/example-nextjs.sh does. */
const flags = process.env.EXAMPLE_NEXTJS === undefined ? [] : ["--nextjs"];

/** The script starts the sandbox and the partner; each test has both for itself. */
const test = base.extend<{ example: Example }>({
  example: [
    async ({ context }, use) => {
      const example = await Example.start(...flags);
      const faults: string[] = [];
      const watch = (page: Page) => {
        page.on("pageerror", (error) => faults.push(`page error: ${error.message}`));
        page.on("console", (message) => {
          if (/Content Security Policy|Refused to/.test(message.text())) faults.push(message.text());
        });
      };
      context.pages().forEach(watch);
      context.on("page", watch);
      await use(example);
      await example.stop();
      expect(faults, "nothing broke, and no content security policy was hit").toEqual([]);
    },
    { timeout: 300_000 },
  ], // a first run builds everything
});

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

async function logInAs(page: Page, example: Example, name: string): Promise<void> {
  await page.goto(example.partner);
  await button(page, `Log in as ${name}`).click();
  await expect(page.getByText(name)).toBeVisible();
}

/** Presses the partner's button and logs in at Upstash; gives the window in which the user selects a database. */
async function connectInWindow(page: Page): Promise<Page> {
  const theirs = await openWindow(page);
  const popup = await openWindow(theirs);
  await logIn(popup);
  return theirs;
}

/** Creates a database in the window of Upstash Connect and hands it over. */
async function createAndConnect(theirs: Page, name: string): Promise<void> {
  await theirs.getByLabel("Name").fill(name);
  await theirs.getByLabel("Primary region").selectOption("us-east-1");
  await button(theirs, "Create database").click();
  await button(theirs, "Connect database").click();
}

async function downloadEnv(page: Page): Promise<Record<string, string>> {
  const started = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download .env" }).click();
  const download = await started;
  expect(download.suggestedFilename()).toBe("tidepool.env");
  const lines = (await readFile(await download.path(), "utf8")).trim().split("\n");
  return Object.fromEntries(lines.map((line) => /^(\w+)="(.*)"$/.exec(line)?.slice(1) ?? []));
}

test("from the login to Redis: Ada connects, selects a database, uses it and disconnects", async ({
  page,
  example,
  browser,
}) => {
  test.setTimeout(120_000);
  await logInAs(page, example, "Ada Lovelace");
  const theirs = await connectInWindow(page);
  const closed = theirs.waitForEvent("close");
  await createAndConnect(theirs, "tides");
  await closed;

  await expect(page.getByText("Connected", { exact: true }).first()).toBeVisible();
  const row = page.getByRole("listitem").filter({ hasText: "tides" });
  await expect(row).toContainText("used by your app");
  const news = page.getByRole("region", { name: "What happened" });
  await expect(news).toContainText("grant.created");
  await expect(news).toContainText("database.selected");

  const env = await downloadEnv(page);
  const answer = await fetch(`${env.UPSTASH_REDIS_REST_URL}/set/moon/full`, {
    headers: { Authorization: `Bearer ${env.UPSTASH_REDIS_REST_TOKEN}` },
  });
  expect(await answer.json()).toEqual({ result: "OK" });

  const hers = await (await browser.newContext()).newPage();
  await logInAs(hers, example, "Grace Hopper");
  await expect(hers.getByText("Not connected")).toBeVisible();
  await expect(hers.getByText("Nothing yet.")).toBeVisible();
  expect(await hers.content()).not.toMatch(/tides|demo@example\.com|grant\./);
  expect((await hers.request.get(`${example.partner}/upstash/env`)).status()).toBe(404);
  await hers.context().close();

  await button(page, "Disconnect").click();
  await expect(page.getByText("Disconnected", { exact: true }).first()).toBeVisible();
  await expect(news).toContainText("grant.revoked");
  await expect(page.getByRole("link", { name: "Download .env" })).toBeHidden();
  expect((await example.account(demo.email)).databases, "the database stays").toHaveLength(1);
});

test("a webhook's body is bounded before anything else is checked", async ({ example, request }) => {
  const post = async (bytes: number) => {
    const data = Buffer.alloc(bytes, "x");
    return (await request.post(`${example.partner}/upstash/webhooks`, { data })).status();
  };
  expect(await post(64 * 1024)).toBe(401);
  expect(await post(64 * 1024 + 1)).toBe(413);
});

test("a paused grant is repaired by its user", async ({ page, example }) => {
  await logInAs(page, example, "Ada Lovelace");
  await createAndConnect(await connectInWindow(page), "tides");
  await expect(page.getByText("used by your app")).toBeVisible();

  await example.deleteKeys(demo.email);
  await page.waitForTimeout(1_100); // a list may come from a cache for a second
  await page.reload();
  await expect(page.getByText("Paused", { exact: true }).first()).toBeVisible();
  const theirs = await openWindow(page, "Reconnect Upstash");
  await logIn(await openWindow(theirs, "Log in again"));
  await expect(page.getByText("grant.recovered")).toBeVisible();
  await expect(page.getByText("used by your app")).toBeVisible();
  await downloadEnv(page);
});

test("an invitation that somebody else forwarded was not for you", async ({ page, example }) => {
  await logInAs(page, example, "Grace Hopper");
  const body = {
    external_id: "user_1001",
    return_url: `${example.partner}/upstash/return`,
    select: "database",
  };
  const opened = await (await example.call("POST", "/connect-sessions", body)).json();
  await page.goto(opened.url);
  await logIn(await openWindow(page));
  await createAndConnect(page, "victims");

  await expect(page.getByRole("heading", { name: "This was not for you" })).toBeVisible();
  expect(new URL(page.url()).origin).toBe(example.partner);
  const session = await (await example.call("GET", `/connect-sessions/${opened.id}`)).json();
  expect(session).toMatchObject({ state: "failed", grant_id: "" });
  for (const user of ["user_1001", "user_1002"]) {
    const { grants } = await (await example.call("GET", `/grants?external_id=${user}`)).json();
    expect(grants).toEqual([]);
  }
});
