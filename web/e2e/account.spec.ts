import {
  choose,
  connect,
  demo,
  expectList,
  expectNoTraces,
  fillSignUp,
  firstConnect,
  logIn,
  openWindow,
  pressToClose,
  signUp,
  withoutRepeats,
} from "./journey";
import { expect, test } from "./test";

const other = { email: "other@example.com", password: "another-password" };

test("use another account: Upstash prompts for the login, and the browser switches", async ({
  page,
  sandbox,
}) => {
  await connect(page);
  const opened = page.waitForEvent("popup");
  await choose(page, "Use another account");
  const popup = await opened;
  const closed = popup.waitForEvent("close");
  await signUp(popup, other);
  await expectList(page, other.email);
  await closed;
  await expect(page.getByText(demo.email, { exact: true })).toHaveCount(0);
  await expectNoTraces(page);
  expect((await sandbox.account(other.email)).keys).toHaveLength(1);
  expect(await sandbox.journal()).toEqual([...firstConnect, ...firstConnect]);
});

test.describe("a login as someone else while another tab has connected", () => {
  test("prompts the user, and Switch switches", async ({ page, context, sandbox }) => {
    const popup = await mismatch(page, context.newPage.bind(context), sandbox.app);
    await popup.getByRole("button", { name: `Switch to ${other.email}` }).click();
    await expectList(page, other.email);
    await expectNoTraces(page);
    expect((await sandbox.account(other.email)).keys).toHaveLength(1);
    expect(withoutRepeats(await sandbox.journal())).toEqual([...firstConnect, ...firstConnect]);
  });

  test("needs a confirmation, and staying signed in changes nothing", async ({ page, context, sandbox }) => {
    const popup = await mismatch(page, context.newPage.bind(context), sandbox.app);
    await pressToClose(popup, `Stay signed in as ${demo.email}`);
    await expectList(page, demo.email);
    await expectNoTraces(page);
    expect((await sandbox.account(other.email)).keys).toEqual([]);
    expect(withoutRepeats(await sandbox.journal())).toEqual(firstConnect);
  });
});

type Opener = () => Promise<import("@playwright/test").Page>;

/** Leaves a login window open in one tab, connects the demo user in another, then signs up as someone else. */
async function mismatch(page: Awaited<ReturnType<Opener>>, newPage: Opener, app: string) {
  const popup = await openWindow(page);
  // Filled in before the other tab connects: from then on the provider knows the browser and asks nothing.
  await fillSignUp(popup, other);

  const tab = await newPage();
  await tab.goto(app);
  const second = await openWindow(tab);
  await logIn(second);
  await expectList(tab);
  await tab.close();

  await popup.getByRole("button", { name: "Sign up" }).click();
  await expect(popup.getByRole("heading", { name: "Switch to the other account?" })).toBeVisible();
  await expect(popup.getByText(demo.email, { exact: true }).first()).toBeVisible();
  return popup;
}
