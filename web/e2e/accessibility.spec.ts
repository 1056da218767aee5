import { connect } from "./journey";
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
