import { choose, connect, demo, expectList, mint, openWindow, outliveListCache, signUp } from "./journey";
import { expect, test } from "./test";
import { consolePage, deleteKey, openConsole } from "./upstash-console";

test("a key deleted in the Upstash console: the page reports it, and reconnecting works @sites", async ({
  page,
  browser,
  sandbox,
}) => {
  await connect(page);
  const [key] = (await sandbox.account(demo.email)).keys;
  const console = await openConsole(browser, sandbox, consolePage.keys);
  await deleteKey(console, key?.name ?? "");
  await expect(console.getByText("No keys yet.")).toBeVisible();
  await console.context().close();

  await outliveListCache(page);
  await page.reload();
  await expect(page.getByRole("heading", { name: "Upstash no longer accepts the stored key" })).toBeVisible();
  await openWindow(page, "Reconnect");
  await expectList(page);
  const keys = (await sandbox.account(demo.email)).keys.map(({ name }) => name);
  expect(keys).toHaveLength(1);
  expect(keys).not.toContain(key?.name);
});

test("a key that a disconnect leaves behind can be deleted at the page's link @sites", async ({
  page,
  sandbox,
}) => {
  await connect(page);
  const [key] = (await sandbox.account(demo.email)).keys;
  await choose(page, "Disconnect…");
  await page.getByRole("dialog").getByRole("button", { name: "Disconnect", exact: true }).click();

  const opened = page.waitForEvent("popup");
  await page.getByRole("link", { name: /Upstash console/ }).click();
  const console = await opened;
  // Logged in at the identity provider already: nothing is asked.
  await expect(console.getByRole("heading", { level: 1, name: "API keys" })).toBeVisible();
  await deleteKey(console, key?.name ?? "");
  expect((await sandbox.account(demo.email)).keys).toEqual([]);
});

test("after an e-mail change, connecting again reuses the key", async ({ page, browser, sandbox }) => {
  const renamed = "renamed@example.com";
  await connect(page);
  const { keys } = await sandbox.account(demo.email);
  const console = await openConsole(browser, sandbox, consolePage.settings);
  await console.getByLabel("New email").fill(renamed);
  await console.getByRole("button", { name: "Change" }).click();
  await expect(console.getByRole("status")).toContainText(`Your email is now ${renamed}`);
  await console.context().close();

  await outliveListCache(page);
  await page.reload();
  await expect(page.getByRole("heading", { name: "Upstash no longer accepts the stored key" })).toBeVisible();
  await openWindow(page, "Reconnect");
  await expectList(page, renamed);
  expect((await sandbox.account(renamed)).keys).toEqual(keys);
  expect((await sandbox.journal()).filter((line) => line.startsWith("POST"))).toEqual([mint]);
});

test("a key created in the console is shown once, and logging out of the console logs out of Upstash", async ({
  browser,
  sandbox,
}) => {
  const console = await openConsole(browser, sandbox, consolePage.keys);
  await console.getByLabel("Name").fill("by hand");
  await console.keyboard.press("Enter");
  const shown = await console.getByLabel("API key. Copy it now: it is not shown again.").inputValue();
  expect((await sandbox.account(demo.email)).keys).toMatchObject([{ name: "by hand", secret: shown }]);
  await console.reload();
  await expect(console.getByText("by hand", { exact: true })).toBeVisible();
  expect(await console.content()).not.toContain(shown);

  await console.getByRole("button", { name: "Log out" }).click();
  await expect(console.getByRole("heading", { level: 1, name: "You are logged out" })).toBeVisible();
  await console.getByRole("link", { name: "Log in" }).click();
  await expect(console.getByLabel("Password")).toBeVisible();
  await console.context().close();
});

test("the console guides a new free account", async ({ browser, sandbox }) => {
  const user = { email: "new@example.com", password: "a-long-password" };
  const console = await (await browser.newContext()).newPage();
  await console.goto(`${sandbox.upstash}/console${consolePage.settings}`);
  await signUp(console, user);
  await expect(console.getByRole("main")).toContainText("Free");
  await expect(console.getByRole("banner")).toContainText(user.email);
  await console.context().close();
});
