import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { Desktop } from "./desktop";
import { demo, logIn } from "./journey";
import { test as base, expect } from "./test";

const test = base.extend<{ desktop: Desktop }>({
  // The sandbox says where it runs in the directory in which this machine's bff looks for it.
  // biome-ignore lint/correctness/noEmptyPattern: Playwright wants the pattern
  desktop: async ({}, use) => {
    const desktop = new Desktop();
    await use(desktop);
    desktop.remove();
  },
  env: async ({ desktop }, use) => use({ XDG_RUNTIME_DIR: desktop.runtime }),
});

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name });

/** The page is sound in both colour schemes and at both widths; pictures go to $SCREENSHOTS. */
async function look(page: Page, name: string): Promise<void> {
  const size = page.viewportSize();
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const width of [360, 1440]) {
      await page.setViewportSize({ width, height: width === 360 ? 740 : 900 });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow, `${name} at ${width} px`).toBeLessThanOrEqual(0);
      const directory = process.env.SCREENSHOTS;
      if (directory !== undefined) {
        await page.screenshot({ path: join(directory, `native-${name}-${width}-${colorScheme}.png`) });
      }
    }
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(
      violations.map(({ id }) => id),
      `${name}, ${colorScheme}`,
    ).toEqual([]);
  }
  if (size !== null) await page.setViewportSize(size);
}

test("a program connects through the system's browser and uses the key", async ({
  page,
  sandbox,
  desktop,
}) => {
  const login = desktop.connect();
  await page.goto(await login.url());
  await logIn(page);
  await expect(heading(page, "Account connected")).toBeVisible();
  const connected = await login.next("connected");
  expect(connected).toMatchObject({ email: demo.email, saved_in: "file", reused: false });
  expect(await login.exit()).toBe(0);
  await look(page, "connected");

  const { keys } = await sandbox.account(demo.email);
  expect(keys.map(({ name }) => name)).toEqual([connected.key_name]);
  const { port } = new URL(sandbox.app);
  const file = join(desktop.home, "state", "upstash-connect", `sandbox-${port}`, "credentials.json");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, "utf8"), "no token is kept").not.toMatch(/eyJ[\w-]+\.eyJ/);

  // The listener is gone: going there again reaches nobody.
  await expect(page.goto(new URL("/", page.url()).href)).rejects.toThrow(/ERR_CONNECTION_REFUSED/);

  const created = await desktop.bff("databases", "create", "--name", "orders", "--region", "eu-west-1");
  expect(created.code, created.stderr).toBe(0);
  const listed = await desktop.bff("databases", "list", "--json");
  expect(JSON.parse(listed.stdout).databases).toMatchObject([
    { name: "orders", primary_region: "eu-west-1" },
  ]);
});

test("connecting again reuses the key, without a login form while the browser is logged in", async ({
  page,
  sandbox,
  desktop,
}) => {
  for (const reused of [false, true]) {
    const login = desktop.connect("--redirect-port", "0");
    await page.goto(await login.url());
    if (!reused) await logIn(page);
    await expect(heading(page, "Account connected")).toBeVisible();
    expect(await login.next("connected")).toMatchObject({ reused });
    expect(await login.exit()).toBe(0);
  }
  expect((await sandbox.account(demo.email)).keys).toHaveLength(1);
});

test("a cancelled login is reported, and creates nothing", async ({ page, sandbox, desktop }) => {
  const login = desktop.connect("--redirect-port", "0");
  await page.goto(await login.url());
  await page.getByRole("button", { name: "Cancel" }).click();
  const failed = await login.next("failed");
  expect(failed.problem?.code).toBe("login_denied");
  expect(await login.exit()).not.toBe(0);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await look(page, "denied");
  expect(await sandbox.journal()).toEqual([]);
});

test("a web page that knows the port can neither cancel nor complete the login", async ({
  page,
  desktop,
  context,
}) => {
  const login = desktop.connect("--redirect-port", "0");
  const url = await login.url();
  const redirect = new URL(url).searchParams.get("redirect_uri") ?? "";
  const other = await context.newPage();
  for (const query of [
    "?code=stolen&state=guessed",
    "?error=login_denied&state=guessed",
    "?code=stolen",
    "",
  ]) {
    const answer = await other.goto(`${redirect}/${query}`);
    expect(answer?.status(), query).toBeGreaterThanOrEqual(400);
  }
  await look(other, "not-this-login");
  await page.goto(url);
  await logIn(page);
  await expect(heading(page, "Account connected")).toBeVisible();
  await login.next("connected");
  expect(await login.exit()).toBe(0);
});

test("an interrupted login leaves nothing behind", async ({ page, sandbox, desktop }) => {
  const login = desktop.connect("--redirect-port", "0");
  const url = await login.url();
  login.interrupt();
  expect(await login.exit()).not.toBe(0);
  await expect(page.goto(new URL(url).searchParams.get("redirect_uri") ?? "")).rejects.toThrow(
    /ERR_CONNECTION_REFUSED/,
  );
  expect(await sandbox.journal()).toEqual([]);
  expect((await desktop.bff("whoami")).code).toBe(3);
});
