import { expectLanding } from "./journey";
import { expect, test } from "./test";

test.use({ flags: ["--third-party"] });

const title = "This application cannot be connected to Upstash yet";

test("a strict third-party client: no window opens, and the page explains why", async ({
  page,
  context,
  sandbox,
}) => {
  await expectLanding(page);
  await page.getByRole("button", { name: "Connect Upstash" }).click();
  await expect(page.getByRole("heading", { name: title })).toBeVisible();
  await expect(page.getByText("tpc_sandbox-spa")).toBeVisible();
  expect(context.pages()).toHaveLength(1);

  await page.getByRole("button", { name: "Close" }).click();
  await expectLanding(page);
  expect(await sandbox.journal()).toEqual([]);
});

test("a strict third-party client: the login URL also stays on the page", async ({ page, sandbox }) => {
  await page.goto(`${sandbox.app}/connect`);
  await page.getByRole("button", { name: "Continue to Upstash" }).click();
  await expect(page.getByRole("heading", { name: title })).toBeVisible();
  await page.getByRole("button", { name: "Back" }).click();
  await expectLanding(page);
});
