import { connect, demo } from "./journey";
import { expect, test } from "./test";

// axe and the names of all controls: screens.spec.ts.

test("the list of faults leads to each field", async ({ page }) => {
  await connect(page);
  await page.getByRole("link", { name: "Create your first database" }).click();
  await page.getByRole("button", { name: "Create database" }).click();
  await expect(page.getByText("Some fields are invalid")).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Name: Enter a name." })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Name")).toBeFocused();
});

test("everything can be done with the keyboard alone", async ({ page }) => {
  await page.getByRole("button", { name: "Connect Upstash" }).focus();
  const opened = page.waitForEvent("popup");
  await page.keyboard.press("Enter");
  const popup = await opened;
  await popup.getByLabel("Email").fill(demo.email);
  await popup.getByLabel("Password").fill(demo.password);
  await popup.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Databases" }).waitFor();

  const menuButton = page.getByRole("button", { name: `Account ${demo.email}` });
  await menuButton.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: "Access and activity" })).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await expect(page.getByRole("menuitem", { name: "Disconnect…" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("menu")).toHaveCount(0);
  await expect(menuButton).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("menu")).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Create your first database" })).toBeFocused();

  await page.goto(page.url());
  await page.getByRole("heading", { level: 1, name: "Databases" }).waitFor();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Create your first database" })).toBeFocused();
});
