import { choose, connect, demo, openWindow } from "./journey";
import { expectSound } from "./sound";
import { expect, test } from "./test";

test("the screens before a connect", async ({ page, sandbox }) => {
  test.setTimeout(120_000);
  await expect(page.getByRole("button", { name: "Connect Upstash" })).toBeVisible();
  await expectSound(page, "landing");

  const popup = await openWindow(page);
  await popup.getByLabel("Email").waitFor();
  await expectSound(page, "waiting");

  await popup.getByRole("button", { name: "Cancel" }).click();
  await popup.getByRole("heading", { name: "You cancelled the login" }).waitFor();
  await expectSound(popup, "cancelled, in the window");
  await expectSound(page, "cancelled");

  await page.goto(`${sandbox.app}/callback?code=x&state=y`);
  await page.getByRole("button", { name: "Start again" }).waitFor();
  await expectSound(page, "unknown login");
  await page.goto(`${sandbox.app}/connect`);
  await page.getByRole("button", { name: "Continue to Upstash" }).waitFor();
  await expectSound(page, "asked first");
});

test("the screens of a connected account", async ({ page, sandbox }) => {
  test.setTimeout(120_000);
  await connect(page);
  await expectSound(page, "empty list");
  await page.getByText(demo.email, { exact: true }).click();
  await expectSound(page, "account menu");
  await page.keyboard.press("Escape");

  await page.getByRole("link", { name: "Create your first database" }).click();
  await page.getByRole("button", { name: "Create database" }).click();
  await expect(page.getByText("Some fields are invalid")).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Name: Enter a name." })).toBeFocused();
  await expectSound(page, "create, with faults");
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Name")).toBeFocused();
  await page.getByLabel("Name").fill("orders");
  await page.getByLabel("Primary region").selectOption("us-east-1");
  await page.getByText(/^More options/).click();
  await page.getByRole("combobox", { name: "Read regions" }).click();
  await expectSound(page, "create, with the list of read regions");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expectSound(page, "create, with a read region");
  await page.getByRole("button", { name: "Create database" }).click();
  await page.getByRole("link", { name: "orders" }).waitFor();
  await expectSound(page, "list");

  await page.getByRole("link", { name: "orders" }).click();
  await page.getByRole("button", { name: "Reveal credentials" }).click();
  await page.getByRole("button", { name: "Show Password" }).click();
  await expectSound(page, "credentials");

  await page.goto(`${sandbox.app}/nowhere`);
  await page.getByRole("heading", { name: "Page not found" }).waitFor();
  await expectSound(page, "not found");

  await choose(page, "Disconnect…");
  await expect(page.getByRole("dialog").getByRole("button", { name: "Cancel" })).toBeFocused();
  await expectSound(page, "disconnect dialog");
  await page.getByRole("dialog").getByRole("button", { name: "Disconnect", exact: true }).click();
  await page.getByRole("heading", { name: "Your account is disconnected" }).waitFor();
  await expectSound(page, "disconnected");

  await page.getByRole("button", { name: "Back to the start page" }).click();
  await connect(page);
  await page.getByText("One key of an earlier connection can be deleted").click();
  await page.getByRole("button", { name: /^I deleted it/ }).waitFor();
  await expectSound(page, "leftover keys");
});
