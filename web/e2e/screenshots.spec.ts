import { join } from "node:path";
import type { Page } from "@playwright/test";
import { choose, connect, demo, expectLanding, logIn, openWindow, outliveListCache } from "./journey";
import { Partner } from "./partner";
import { expect, test } from "./test";
import { consolePage, openConsole } from "./upstash-console";

const directory = process.env.SCREENSHOTS ?? "";

test.use({ timezoneId: "Europe/Berlin" }); // with a recommended region

/** Takes a screen at both widths and in both colour schemes. */
async function shoot(page: Page, name: string): Promise<void> {
  const size = page.viewportSize();
  for (const width of [360, 1440]) {
    await page.setViewportSize({ width, height: width === 360 ? 740 : 900 });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const path = join(directory, `${name}-${width}-${colorScheme}.png`);
      await page.screenshot({ path, fullPage: !name.includes("dialog") });
    }
  }
  if (size !== null) await page.setViewportSize(size);
}

test("the main screens", async ({ page, sandbox }) => {
  test.setTimeout(120_000);
  await expectLanding(page);
  await shoot(page, "01-landing");
  const popup = await openWindow(page);
  await popup.getByLabel("Email").waitFor();
  await shoot(page, "02-waiting");
  await popup.setViewportSize({ width: 480, height: 720 });
  await popup.screenshot({ path: join(directory, "03-login.png") });
  await popup.getByRole("button", { name: "Cancel" }).click();
  await popup.getByRole("heading", { name: "You cancelled the login" }).waitFor();
  await popup.screenshot({ path: join(directory, "04-cancelled-window.png") });
  await shoot(page, "05-cancelled");

  await popup.getByRole("button", { name: "Try again" }).click();
  await logIn(popup);
  await popup.getByRole("heading", { name: "Your account is connected" }).waitFor();
  await popup.screenshot({ path: join(directory, "06-connected-window.png") });
  await page.getByRole("heading", { name: "No databases yet" }).waitFor();
  await shoot(page, "07-empty-list");

  await page.getByRole("link", { name: "Create your first database" }).click();
  await page.getByRole("button", { name: "Create database" }).click();
  await shoot(page, "08-create-faults");
  await page.getByLabel("Name").fill("orders-production");
  await page.getByLabel("Primary region").selectOption("eu-west-1");
  await page.getByRole("combobox", { name: "Read regions" }).fill("us");
  await shoot(page, "09b-create-read-regions");
  await page.keyboard.press("Enter");
  await page.getByText("More options").click();
  await shoot(page, "09-create");
  await page.getByRole("button", { name: "Create database" }).click();
  await page.getByRole("link", { name: "orders-production" }).waitFor();
  for (const name of ["sessions", "rate-limits_staging-environment-eu"]) {
    await page.getByRole("link", { name: "New database" }).click();
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Primary region").selectOption("us-east-1");
    await page.getByRole("button", { name: "Create database" }).click();
    await expect(page.getByRole("link", { name })).toBeFocused();
  }
  await shoot(page, "10-list");
  await page.getByText(demo.email, { exact: true }).click();
  await shoot(page, "11-menu-dialog");
  await page.keyboard.press("Escape");

  await page.getByRole("link", { name: "orders-production" }).click();
  await page.getByRole("button", { name: "Reveal credentials" }).waitFor();
  await shoot(page, "12-database");
  await page.getByRole("button", { name: "Reveal credentials" }).click();
  await page.getByRole("button", { name: "Show REST token", exact: true }).click();
  await page.getByRole("tab", { name: "TypeScript" }).click();
  await shoot(page, "13-credentials");

  await page.goto(`${sandbox.app}/nowhere`);
  await page.getByRole("heading", { name: "Page not found" }).waitFor();
  await shoot(page, "14-not-found");
  await choose(page, "Disconnect…");
  await shoot(page, "15-disconnect-dialog");
  await page.getByRole("dialog").getByRole("button", { name: "Disconnect", exact: true }).click();
  await page.getByRole("heading", { name: "Your account is disconnected" }).waitFor();
  await shoot(page, "16-disconnected");
});

/** Databases as the Developer API lists them, the newest a minute old and each of the others older. */
function databases(count: number): Record<string, unknown>[] {
  const names = ["orders-production", "sessions", `rate-limits_staging-environment-eu-${"x".repeat(29)}`];
  const regions = ["eu-west-1", "us-east-1", "us-west-1", "ap-southeast-1"];
  return Array.from({ length: count }, (_, n) => ({
    database_id: `${String(n).padStart(8, "0")}-efb7-4feb-8467-64d8385ea796`,
    database_name: n < names.length ? names[n] : `${names[n % 2]}-${n}`,
    state: n === 2 ? "suspended" : "active",
    type: "payg",
    platform: "aws",
    region: "global",
    primary_region: regions[n % regions.length],
    read_regions: regions.slice(0, n % regions.length).filter((each) => each !== regions[n % regions.length]),
    endpoint: `eu2-orders-${30_000 + n}.upstash.io`,
    port: 6379,
    tls: true,
    creation_time: Math.floor(Date.now() / 1000) - 60 * (n + 1) ** 2,
  }));
}

test("lists of all sizes, and a suspended database", async ({ page, sandbox }) => {
  test.setTimeout(180_000);
  await connect(page);
  for (const count of [1, 50, 500]) {
    await outliveListCache(page);
    await sandbox.endFaults();
    const body = databases(count);
    const get = { target: "upstash", method: "GET" } as const;
    await sandbox.fault({
      match: { ...get, path: "/v2/redis/databases" },
      count: -1,
      do: { status: 200, body },
    });
    for (const one of body.slice(0, 3)) {
      const path = `/v2/redis/database/${one.database_id}`;
      await sandbox.fault({ match: { ...get, path }, count: -1, do: { status: 200, body: one } });
    }
    await page.reload();
    await page.getByRole("link", { name: "orders-production", exact: true }).waitFor();
    await shoot(page, `60-list-of-${count}`);
  }
  await page.getByRole("searchbox").fill("ireland 9");
  await shoot(page, "61-list-searched");
  await page.getByRole("searchbox").fill("nothing of the kind");
  await shoot(page, "62-list-nothing-found");
  await page.getByRole("searchbox").fill("staging-environment");
  await page.getByRole("link", { name: /^Why/ }).click();
  await page.getByRole("heading", { name: "Upstash has suspended this database" }).waitFor();
  await shoot(page, "63-suspended");
});

test("error screens", async ({ page, context, sandbox }) => {
  test.setTimeout(60_000);
  await page.goto(`${sandbox.app}/callback?code=x&state=y`);
  await page.getByRole("heading", { name: "This login is invalid or has expired" }).waitFor();
  await shoot(page, "20-unknown-login");
  await page.goto(sandbox.app);
  await connect(page);
  await sandbox.fault({
    match: { target: "upstash", path: "/v2/*" },
    count: -1,
    do: { status: 503, body: "" },
  });
  await page.reload();
  await page.getByRole("alert").waitFor({ timeout: 20_000 });
  await shoot(page, "21-outage");
  await context.clearCookies();
  await page.getByRole("button", { name: "Retry" }).click();
  await page.getByRole("heading", { name: "Your session has ended" }).waitFor({ timeout: 20_000 });
  await shoot(page, "22-ended");
});

test("the Upstash console of the sandbox", async ({ page, browser, sandbox }) => {
  test.setTimeout(120_000);
  const console = await openConsole(browser, sandbox, consolePage.databases);
  await shoot(console, "30-console-no-databases");
  await connect(page);
  for (const name of ["orders-production", "rate-limits_staging-environment-eu"]) {
    await page.getByRole("link", { name: /Create your first database|New database/ }).click();
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Primary region").selectOption("us-east-1");
    await page.getByRole("button", { name: "Create database" }).click();
    await page.getByRole("link", { name }).waitFor();
  }
  await console.reload();
  await shoot(console, "31-console-databases");
  await console.getByRole("link", { name: "API keys" }).click();
  await console.getByLabel("Name").fill("by hand");
  await console.getByRole("button", { name: "Create" }).click();
  await shoot(console, "32-console-key-made");
  await console.getByRole("button", { name: "Create" }).click();
  await shoot(console, "33-console-key-refused");
  await console.getByRole("link", { name: /^Delete the key ACME/ }).click();
  await shoot(console, "34-console-delete");
  await console.getByRole("link", { name: "Settings" }).click();
  await shoot(console, "35-console-settings");
  await console.goto(`${sandbox.upstash}/console/nowhere`);
  await shoot(console, "36-console-nowhere");
  await console.context().close();
  await sandbox.makeAccount({ email: "shop@example.com", marketplace: "vercel", password: demo.password });
  const theirs = await openConsole(browser, sandbox, consolePage.keys, {
    ...demo,
    email: "shop@example.com",
  });
  await shoot(theirs, "37-console-marketplace");
  await theirs.getByRole("button", { name: "Log out" }).click();
  await shoot(theirs, "38-console-logged-out");
  await theirs.context().close();
  const free = { ...demo, email: "free@example.com" };
  await sandbox.makeAccount({ ...free, plan: "free" });
  const suspended = await openConsole(browser, sandbox, consolePage.settings, free);
  await sandbox.suspend(free.email);
  await suspended.reload();
  await shoot(suspended, "39-console-free-suspended");
  await suspended.context().close();
});

test("a service's request, and its screens after the approval", async ({ page, sandbox }) => {
  test.setTimeout(120_000);
  const shop = await Partner.registered(sandbox, "shop", "The Shop");
  const house = await Partner.ofTheHouse(sandbox);
  shop.ask = { display_name: "Ada at the Shop", max_databases: 5 };
  const user = "ada-4711";
  await page.goto(await house.invite(user));
  await page.getByRole("button", { name: "Connect Upstash" }).waitFor();
  await shoot(page, "40-built-in-asks");
  const invitation = await shop.invite(user);
  await page.goto("about:blank");
  await page.goto(invitation);
  await page.getByRole("heading", { name: "The Shop asks" }).waitFor();
  await shoot(page, "41-service-asks");
  const first = await openWindow(page);
  await first.getByLabel("Email").waitFor();
  await shoot(page, "42-service-waits-for-login");
  await logIn(first);
  await page.getByRole("button", { name: "Allow" }).waitFor();
  await shoot(page, "43-consent");
  await page.getByRole("textbox").fill("9");
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("alert").waitFor();
  await shoot(page, "44-consent-fault");
  await page.getByRole("button", { name: "Choose another account" }).click();
  await page.getByRole("button", { name: /^Continue as/ }).waitFor();
  await shoot(page, "45-account-offered");
  await page.getByRole("button", { name: /^Continue as/ }).click();
  await page.goto(`${shop.origin}/?user=${user}`);
  await page.getByRole("button", { name: "Connect Upstash", exact: true }).click();
  await page.getByRole("button", { name: /^Continue as/ }).click();
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("heading", { name: "Connected" }).waitFor();
  await shop.call("POST", "/databases", { user, body: { name: "orders", primary_region: "us-east-1" } });

  await page.goto(invitation);
  await page.getByRole("heading", { name: "no longer open" }).waitFor();
  await shoot(page, "46-no-longer-open");
  await page.goto(`${sandbox.app}/account`);
  await page.getByText("Permissions").click();
  await shoot(page, "47-access");
  await page.getByRole("button", { name: /^Reduce access/ }).click();
  await shoot(page, "48-reduce-access-dialog");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: /^Revoke access/ }).click();
  await shoot(page, "49-revoke-access-dialog");
  await page.keyboard.press("Escape");
  await choose(page, "Disconnect…");
  await shoot(page, "50-disconnect-with-service-dialog");
  await shop.stop();
  await house.stop();
});

test("the picker of a database", async ({ page, sandbox }) => {
  test.setTimeout(120_000);
  const house = await Partner.ofTheHouse(sandbox);
  house.ask = { select: "database" };
  await page.goto(await house.invite("ada-4711"));
  const popup = await openWindow(page);
  await logIn(popup);
  await page.getByRole("heading", { name: "Create your first database" }).waitFor();
  await shoot(page, "70-picker-first-database");
  await page.getByRole("button", { name: "Decline" }).click();

  const get = { target: "upstash", method: "GET", path: "/v2/redis/databases" } as const;
  for (const count of [3, 50]) {
    await outliveListCache(page);
    await sandbox.fault({ match: get, count: -1, do: { status: 200, body: databases(count) } });
    await page.goto("about:blank");
    await page.goto(await house.invite(`ada-${count}`));
    await page.getByRole("button", { name: /^Continue as/ }).click();
    await page
      .getByRole("radio", { name: /sessions/ })
      .first()
      .check();
    await shoot(page, `71-picker-of-${count}`);
    await sandbox.endFaults();
  }
  await page.getByRole("searchbox").fill("nothing like it");
  await page.getByRole("button", { name: "Create a database" }).click();
  await shoot(page, "72-picker-creates");
  await page.context().clearCookies({ name: /session/ });
  await page.getByRole("textbox", { name: "Name" }).fill("fresh");
  await page.getByLabel("Primary region").selectOption("us-east-1");
  await page.getByRole("button", { name: "Create database" }).click();
  await page.getByRole("alert").waitFor();
  await shoot(page, "73-picker-session-ended");
  await house.stop();
});

test.describe("limits", () => {
  test.use({ env: { BFF_LIMIT_CREATES: "1/m", BFF_LIMIT_REQUESTS: "60/h" } });

  test("a create and a list that have to wait", async ({ page }) => {
    test.setTimeout(120_000);
    await connect(page);
    for (const name of ["first", "second"]) {
      await page.getByRole("link", { name: /Create your first database|New database/ }).click();
      await page.getByLabel("Name").fill(name);
      await page.getByLabel("Primary region").selectOption("us-east-1");
      await page.getByRole("button", { name: "Create database" }).click();
      if (name === "first") await expect(page.getByRole("link", { name })).toBeFocused();
    }
    await page.getByText(/^Retrying automatically in/).waitFor();
    await shoot(page, "17-create-limit");
    const { origin } = new URL(page.url());
    for (let n = 0; n < 60; n++) {
      await page.request.get(`${origin}/api/v1/catalog`, { headers: { "X-CSRF": "1", Origin: origin } });
    }
    await page
      .getByRole("link", { name: /back|databases/i })
      .first()
      .click();
    await page.getByText(/^Retrying automatically in/).waitFor();
    await shoot(page, "18-list-limit");
  });
});
