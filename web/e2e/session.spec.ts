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
  mint,
  openWindow,
  outliveListCache,
} from "./journey";
import { expect, test } from "./test";

const stillAtUpstash = /^You are signed out of .+\. You may still be logged in at Upstash\.$/;

test("a reload stays connected", async ({ page, sandbox }) => {
  await connect(page);
  await outliveListCache(page);
  await page.reload();
  await expectList(page);
  await expectNoTraces(page);
  expect(await sandbox.journal()).toEqual([...firstConnect, list]);
});

test.describe("with a session that ends after three idle seconds", () => {
  test.use({ env: { BFF_SESSION_IDLE: "3s" } });

  test("an ended session shows one screen with a button to log in again", async ({ page, sandbox }) => {
    await connect(page);
    await page.getByRole("link", { name: "Create your first database" }).click();
    await page.getByLabel("Name").fill("too-late");
    await page.getByLabel("Primary region").selectOption({ index: 1 });
    await page.waitForTimeout(4_000); // it is the server that counts the idle seconds, by the machine's clock
    await page.getByRole("button", { name: "Create database" }).click();

    await expect(page.getByRole("heading", { level: 1, name: "Your session has ended" })).toBeVisible();
    expect(await sandbox.journal()).toEqual(firstConnect);

    await openWindow(page, "Log in again");
    await expect(page.getByText(demo.email, { exact: true })).toBeVisible();
    await expectNoTraces(page);
    expect(await sandbox.journal()).toEqual(firstConnect);
  });
});

test("signing out ends the session permanently, also for a copied cookie", async ({
  page,
  context,
  sandbox,
}) => {
  await connect(page);
  const kept = await context.cookies();
  await choose(page, "Sign out");
  await expectLanding(page);
  await expect(page.getByText(stillAtUpstash)).toBeVisible();
  await expectNoTraces(page);

  await page.reload();
  await expectLanding(page);

  await context.addCookies(kept);
  await page.reload();
  await expect(page.getByRole("button", { name: "Log in again" })).toBeVisible();
  await expect(page.getByText(demo.email, { exact: true })).toHaveCount(0);
  expect(await sandbox.journal()).toEqual(firstConnect);
});

test("signing out everywhere ends the session of another browser", async ({ page, browser, sandbox }) => {
  await connect(page);
  const other = await browser.newContext();
  const elsewhere = await other.newPage();
  await elsewhere.goto(sandbox.app);
  await connect(elsewhere);

  await choose(page, "Sign out everywhere");
  await expectLanding(page);
  await expect
    .poll(
      async () => {
        await elsewhere.reload();
        await elsewhere.getByRole("heading", { level: 1 }).waitFor();
        return elsewhere.getByRole("button", { name: "Log in again" }).count();
      },
      { timeout: 10_000 },
    )
    .toBe(1);
  const posts = (await sandbox.journal()).filter((line) => line.startsWith("POST"));
  expect(posts, "two browsers share the account's one key").toEqual([mint]);
  await other.close();
});

test("the disconnect dialog opens on Cancel and gives the focus back to the account menu", async ({
  page,
}) => {
  await connect(page);
  const menu = page.getByRole("button", { name: `Account ${demo.email}` });
  const cancel = page.getByRole("dialog").getByRole("button", { name: "Cancel" });
  for (const leave of [
    () => page.keyboard.press("Escape"),
    () => cancel.click(),
    () => page.keyboard.press("Enter"),
  ]) {
    await choose(page, "Disconnect…");
    await expect(cancel).toBeFocused();
    await leave();
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect(menu).toBeFocused();
  }
});

test("disconnecting names the key that only its owner can delete", async ({ page, sandbox }) => {
  const reload = () => page.reload();
  await connect(page);
  const [key] = (await sandbox.account(demo.email)).keys;
  if (key === undefined) throw new Error("no key was minted");

  await choose(page, "Disconnect…");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText(key.name);
  await dialog.getByRole("button", { name: "Disconnect", exact: true }).click();

  await expect(page.getByRole("heading", { level: 1, name: "Your account is disconnected" })).toBeVisible();
  await expect(page.getByText(key.name)).toBeVisible();
  await expect(page.getByRole("link", { name: /Upstash console/ })).toHaveAttribute(
    "href",
    `${sandbox.upstash}/console/account/api`,
  );
  await expectNoTraces(page);
  expect(await sandbox.journal()).toEqual(firstConnect);
  expect((await sandbox.account(demo.email)).keys, "Upstash still has it, as the page says").toEqual([key]);

  await page.getByRole("button", { name: `I deleted it: ${key.name}` }).click();
  await expect(page.getByText("No key is left on your list.")).toBeVisible();
  for (const leave of [() => page.getByRole("button", { name: "Back to the start page" }).click(), reload]) {
    await leave();
    await expectLanding(page);
    await expect(
      page.getByText(/^Your account is disconnected from .+ still be logged in at Upstash\.$/),
    ).toBeVisible();
    await expect(page.locator("body")).not.toContainText("signed out");
  }

  // Asked who they are, also when the first try is given up inside the window; a new key is made then.
  const popup = await openWindow(page);
  await popup.getByRole("button", { name: "Cancel" }).click();
  await popup.getByRole("button", { name: "Try again" }).click();
  await logIn(popup);
  await expectList(page);
  await expectNoTraces(page);
  expect(await sandbox.journal()).toEqual([...firstConnect, ...firstConnect]);
  expect((await sandbox.account(demo.email)).keys.map(({ name }) => name)).toContain(key.name);

  // Connected again: the next login in this tab need not ask any more.
  await page.reload();
  const departed = await page.evaluate(() => sessionStorage.getItem("upstash-connect.departed"));
  expect(departed).toBeNull();
});

test("after its key was deleted in the console, an account reconnects with the same button", async ({
  page,
  sandbox,
}) => {
  await connect(page);
  const [key] = (await sandbox.account(demo.email)).keys;
  await sandbox.deleteKey(demo.email, key?.name ?? "");
  await outliveListCache(page);
  await page.reload();
  await expect(page.getByRole("heading", { name: "Upstash no longer accepts the stored key" })).toBeVisible();

  await openWindow(page, "Reconnect");
  await expectList(page);
  const posts = (await sandbox.journal()).filter((line) => line.startsWith("POST"));
  expect(posts).toEqual([mint, mint]);
  const keys = (await sandbox.account(demo.email)).keys.map(({ name }) => name);
  expect(keys).toHaveLength(1);
  expect(keys).not.toContain(key?.name);
});

test("without a session the browser's console has no errors: at a first visit, in a login, after a sign-out", async ({
  page,
}) => {
  const errors: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(`${message.text()} ${message.location().url}`);
  });
  await page.reload();
  await expectLanding(page);
  expect(errors).toEqual([]);

  const popup = await openWindow(page);
  await popup.getByLabel("Email").waitFor();
  await popup.close();
  const polled = page.waitForResponse((response) => response.url().includes("/api/v1/session"));
  await expect(page.getByRole("heading", { name: /^Continue in the other window/ })).toBeVisible();
  expect((await polled).status()).toBe(204);
  expect(errors).toEqual([]);

  await page.reload();
  await connect(page);
  await choose(page, "Sign out");
  await expectLanding(page);
  await page.reload();
  await expectLanding(page);
  expect(errors).toEqual([]);
});
