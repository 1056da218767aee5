import type { Page } from "@playwright/test";
import { connect, demo } from "./journey";
import { expect, test } from "./test";

/** Opens the control listener in a tab of its own, as a developer does who clicks its address in the terminal. */
async function openJournal(page: Page, control: string): Promise<Page> {
  const journal = await page.context().newPage();
  await journal.goto(control);
  await expect(journal.getByRole("status")).toHaveText("Live");
  return journal;
}

const calls = (journal: Page) =>
  journal.getByRole("list", { name: "Calls, newest first" }).getByRole("listitem");

test("a developer sees each call as it happens, and no secret", async ({ page, sandbox }) => {
  test.setTimeout(120_000);
  const journal = await openJournal(page, sandbox.control);
  expect(journal.url()).toBe(`${sandbox.control}/journal.html`);
  // The server has read the issuer's keys by now; a developer who wants to begin with nothing clears the view.
  await journal.getByRole("button", { name: "Clear view" }).click();
  await expect(journal.getByText("No calls yet.")).toBeVisible();

  await connect(page);
  const minted = calls(journal).filter({ hasText: "/apikey" });
  await expect(minted).toContainText("POST");
  await expect(minted).toContainText("200");
  await expect(calls(journal).filter({ hasText: "/oauth/token" }).first()).toBeVisible();

  await minted.getByText("/apikey").click();
  await expect(minted.getByRole("region", { name: "Response" })).toContainText('"api_key": "•••"');
  await expect(minted.getByRole("region", { name: "Request" })).toContainText("Authorization: Bearer •••");
  await expect(minted.getByText(demo.email)).toBeVisible();

  for (const call of await calls(journal).all()) {
    const details = call.locator("details");
    if ((await details.getAttribute("open")) === null) await call.locator("summary").click();
  }
  const [key] = (await sandbox.account(demo.email)).keys;
  if (key === undefined) throw new Error("no key was minted");
  const text = await journal.locator("body").innerText();
  expect(text).toContain("code_verifier=•••");
  for (const secret of [key.secret, demo.password]) expect(text).not.toContain(secret);
  expect(text, "no JSON Web Token").not.toMatch(/eyJ[\w-]+\.eyJ/);
});

test("calls are filtered, paused and cleared, and an injected fault is marked", async ({ page, sandbox }) => {
  test.setTimeout(120_000);
  const journal = await openJournal(page, sandbox.control);
  const send = (path: string) => page.request.get(sandbox.upstash + path);
  await sandbox.fault({
    match: { target: "upstash", path: "/v2/redis/stats/x" },
    do: { preset: "server_error" },
  });
  await send("/v2/redis/stats/x");
  await send("/v2/redis/databases");

  const failed = calls(journal).filter({ hasText: "/v2/redis/stats/x" });
  await expect(failed).toContainText("Fault: server_error");
  await expect(failed).toContainText("500");
  await journal.getByLabel("Status").selectOption("Injected fault");
  await expect(calls(journal).filter({ visible: true })).toHaveCount(1);
  await journal.getByLabel("Status").selectOption("Any");
  await journal.getByLabel("Text").fill("redis/DATABASES");
  await expect(calls(journal).filter({ visible: true })).toHaveCount(1);
  await journal.getByLabel("Text").fill("nothing of the kind");
  await expect(journal.getByText("No call matches the filter.")).toBeVisible();
  await journal.getByLabel("Text").fill("");
  await journal.getByLabel("Service").selectOption("Databases");
  await expect(calls(journal).filter({ visible: true })).toHaveCount(0);
  await journal.getByLabel("Service").selectOption("Developer API");

  await journal.getByRole("button", { name: "Pause" }).click();
  await expect(journal.getByRole("status")).toHaveText("Paused");
  await send("/v2/redis/later");
  await expect(journal.getByText("1 more since the pause")).toBeVisible();
  await expect(calls(journal).filter({ hasText: "/v2/redis/later" })).toHaveCount(0);
  await journal.getByRole("button", { name: "Pause" }).click();
  await expect(calls(journal).filter({ hasText: "/v2/redis/later" })).toHaveCount(1);
  await journal.getByText("/v2/redis/stats/x").click();

  await journal.getByRole("button", { name: "Clear view" }).click();
  await expect(calls(journal)).toHaveCount(0);
  await send("/v2/redis/afterwards");
  await expect(calls(journal)).toHaveCount(1);
});

test("a call's content is shown as text, and a tab can request its own faults", async ({ page, sandbox }) => {
  const journal = await openJournal(page, sandbox.control);
  await page.request.get(`${sandbox.upstash}/v2/<img src=x onerror=alert(1)>`);
  await expect(calls(journal).filter({ hasText: "onerror" })).toHaveCount(1);
  expect(await journal.locator("ol img").count()).toBe(0);

  const failing = await page.context().newPage();
  await failing.setExtraHTTPHeaders({ "X-Sandbox-Fault": "unavailable" });
  const { issuer: address } = (await (await page.request.get(`${sandbox.app}/api/v1/config`)).json()) as {
    issuer: string;
  };
  const answer = await failing.goto(`${address}.well-known/openid-configuration`);
  expect(answer?.status()).toBe(503);
  expect((await page.request.get(`${address}.well-known/openid-configuration`)).status()).toBe(200);
  // The tab may have asked for an icon too, and it was not to be had either.
  const marked = calls(journal).filter({ hasText: "Fault: unavailable" });
  await expect(marked.filter({ hasText: "openid-configuration" })).toHaveCount(1);
});

test("a developer injects a fault from the page, sees it happen, and ends it", async ({ page, sandbox }) => {
  test.setTimeout(120_000);
  const journal = await openJournal(page, sandbox.control);
  await expect(journal.getByRole("combobox", { name: "Fault", exact: true })).toHaveValue("rate_limited");
  await expect(journal.getByText("What happens: 429, Retry-After of 2 s.")).toBeVisible();
  await journal.getByLabel("Path").fill("/v2/redis/*");
  await journal.getByLabel("How often").selectOption("Until I end it");
  await journal.getByRole("button", { name: "Inject" }).click();

  const active = journal.getByRole("list", { name: "Active faults" }).getByRole("listitem");
  await expect(active).toContainText("Developer API /v2/redis/*: until ended; 0 so far");
  expect((await page.request.get(`${sandbox.upstash}/v2/redis/databases`)).status()).toBe(429);
  await expect(calls(journal).filter({ hasText: "Fault: rate_limited" })).toHaveCount(1);
  await expect(active).toContainText("1 so far");

  await active.getByRole("button", { name: "End rate limited at Developer API /v2/redis/*" }).click();
  await expect(active).toHaveCount(0);
  expect((await page.request.get(`${sandbox.upstash}/v2/redis/databases`)).status()).toBe(401);

  // A fault that makes sense at one place only chooses the place.
  await journal.getByRole("combobox", { name: "Fault", exact: true }).selectOption("jwks_empty");
  await expect(journal.getByLabel("Path")).toHaveValue("/.well-known/jwks.json");
  await expect(journal.getByLabel("Path")).toBeDisabled();
  await journal.getByLabel("How often").selectOption("The next call");
  await journal.getByRole("button", { name: "Inject" }).click();
  await expect(active).toContainText("Identity provider /.well-known/jwks.json: the next call");
});

test("each stand-in has a start page", async ({ page, sandbox, browser }) => {
  test.setTimeout(120_000);
  const visitor = await (await browser.newContext()).newPage();
  await visitor.goto(sandbox.issuer);
  await visitor.getByRole("heading", { level: 1, name: "Identity provider" }).waitFor();
  await visitor.goto(sandbox.upstash);
  await visitor.getByRole("heading", { level: 1, name: "Developer API" }).waitFor();
  await visitor.getByRole("link", { name: "Console" }).click();
  await visitor.getByRole("heading", { level: 1, name: "Upstash console" }).waitFor();
  await visitor.getByRole("link", { name: "Log in" }).click();
  await visitor.getByLabel("Password").waitFor();
  await visitor.context().close();
  await page.close();
});
