import {
  choose,
  connect,
  demo,
  expectLanding,
  expectList,
  expectNoTraces,
  firstConnect,
  list,
  logIn,
  openWindow,
  signUp,
} from "./journey";
import { expect, test } from "./test";

test("log in within a window @sites", async ({ page, sandbox }) => {
  await expectLanding(page);
  const popup = await openWindow(page);
  await expect(page.getByRole("heading", { name: /Waiting for you to log in/ })).toBeVisible();
  const closed = popup.waitForEvent("close");
  await logIn(popup);

  await expect(popup.getByRole("heading", { name: "Your account is connected" })).toBeVisible();
  await expectNoTraces(popup);
  await expectList(page);
  await closed;
  await expectNoTraces(page);
  expect(await sandbox.journal()).toEqual(firstConnect);
});

test("sign up within the window", async ({ page, sandbox }) => {
  const newcomer = { email: "newcomer@example.com", password: "a-long-password" };
  const popup = await openWindow(page);
  await signUp(popup, newcomer);
  await expectList(page, newcomer.email);
  await expectNoTraces(page);
  expect(await sandbox.journal()).toEqual(firstConnect);
  expect((await sandbox.account(newcomer.email)).plan).toBe("free");
});

test("a provider that isolates its window: the handle reads closed, and the login completes @sites", async ({
  page,
  sandbox,
}) => {
  await sandbox.fault({
    match: { target: "issuer", path: "/authorize*" },
    count: -1,
    do: { coop: "same-origin" },
  });
  // Only remembers what window.open gave, so that the test can read what the page reads.
  await page.addInitScript(() => {
    const open = window.open.bind(window);
    window.open = (...args) => {
      const handle = open(...args);
      Object.assign(window, { handle });
      return handle;
    };
  });
  await page.reload();

  const popup = await openWindow(page);
  await expect(popup.getByLabel("Email")).toBeVisible();
  await expect
    .poll(() => page.evaluate(() => (globalThis as unknown as { handle: Window }).handle.closed))
    .toBe(true);
  await expect(popup.getByLabel("Email")).toBeVisible();
  await expect(page.getByRole("heading", { name: /Continue in the other window/ })).toBeVisible();

  const closed = popup.waitForEvent("close");
  await logIn(popup);
  await expectList(page);
  await closed;
  await expectNoTraces(page);
  expect(await sandbox.journal()).toEqual(firstConnect);
});

test("cancelled at the provider, then retried", async ({ page, sandbox }) => {
  const popup = await openWindow(page);
  const panel = page.getByRole("region", { name: "Login at Upstash" });
  const green = await panel.evaluate((element) => getComputedStyle(element).backgroundColor);
  await popup.getByRole("button", { name: "Cancel" }).click();
  await expect(popup.getByRole("heading", { name: "You cancelled the login" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "You cancelled the login at Upstash" })).toBeVisible();
  await expect(panel).not.toHaveCSS("background-color", green);
  await expectNoTraces(popup);
  expect(await sandbox.journal()).toEqual([]);

  await page.getByRole("button", { name: "Try again" }).click();
  await logIn(popup);
  await expectList(page);
  await expectNoTraces(page);
  expect(await sandbox.journal()).toEqual(firstConnect);
});

test("the window is closed during the login, then the login is restarted", async ({ page, sandbox }) => {
  const first = await openWindow(page);
  await expect(first.getByLabel("Email")).toBeVisible();
  await first.close();
  await expect(
    page.getByRole("heading", { name: /Continue in the other window, or start again/ }),
  ).toBeVisible();
  await expect(page.getByText("Did the window show an error from Upstash?")).toBeVisible();

  const second = await openWindow(page, "Start again");
  await logIn(second);
  await expectList(page);
  await expectNoTraces(page);
  expect(await sandbox.journal()).toEqual(firstConnect);
});

test("the window is blocked: the page itself redirects to the login and returns @sites", async ({
  page,
  sandbox,
}) => {
  await page.addInitScript(() => {
    window.open = () => null;
  });
  await page.reload();
  await page.getByRole("button", { name: "Connect Upstash" }).click();
  await logIn(page);
  await expectList(page);
  expect(new URL(page.url()).pathname).toBe("/");
  await expectNoTraces(page);
  expect(await sandbox.journal()).toEqual(firstConnect);
});

test("going back from a redirected login leads to the page, not into a loop", async ({ page, sandbox }) => {
  await page.addInitScript(() => {
    window.open = () => null;
  });
  await page.reload();
  await page.getByRole("button", { name: "Connect Upstash" }).click();
  await expect(page.getByLabel("Email")).toBeVisible();
  await page.goBack();
  await expectLanding(page);
  expect(await sandbox.journal()).toEqual([]);
});

test("connecting a second time creates no key", async ({ page, sandbox }) => {
  await connect(page);
  const [key] = (await sandbox.account(demo.email)).keys;
  await choose(page, "Sign out");
  await expectLanding(page);

  // The provider remembers the user, but asks a user who has just signed out to log in again.
  const popup = await openWindow(page);
  const closed = popup.waitForEvent("close");
  await logIn(popup);
  await expectList(page);
  await closed;
  await expectNoTraces(page);
  expect(await sandbox.journal(), "a key that works is reused").toEqual([...firstConnect, list]);
  expect((await sandbox.account(demo.email)).keys).toEqual([key]);
});

test("a login that fails in its window ends the wait of the page, and starting again in the window works", async ({
  page,
  sandbox,
}) => {
  const popup = await openWindow(page);
  await popup.getByLabel("Email").waitFor();
  await sandbox.fault({
    match: { target: "issuer", method: "POST", path: "/oauth/token" },
    do: { status: 403, body: { error: "invalid_grant", error_description: "Invalid authorization code" } },
  });
  await logIn(popup);
  await expect(popup.getByRole("heading", { name: "This login is invalid or has expired" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "The login did not succeed" })).toBeFocused();

  await sandbox.endFaults();
  await popup.getByRole("button", { name: "Start again" }).click();
  await expectList(page);
});
