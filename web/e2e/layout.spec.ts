import type { Locator, Page } from "@playwright/test";
import { connect, demo, logIn, openWindow } from "./journey";
import { expect, test } from "./test";

const longest = `rate-limits_staging-environment-eu-${"x".repeat(29)}`; // 64 characters, as Upstash allows

/** The number of lines on which the text of an element appears. */
function lines(element: Locator): Promise<number> {
  return element.evaluate((node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const tops = [...range.getClientRects()].map(({ top, height }) => Math.round(top + height / 2));
    return tops.sort((a, b) => a - b).filter((top, at) => at === 0 || top - (tops[at - 1] ?? 0) > 12).length;
  });
}

async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
}

test("region ids stay on one line in the create form", async ({ page }) => {
  await connect(page);
  await page.getByRole("link", { name: "Create your first database" }).click();
  await page.getByLabel("Primary region").selectOption("us-east-1");
  for (const width of [360, 720, 1440]) {
    await page.setViewportSize({ width, height: 800 });
    const ids = page.getByRole("group", { name: "Read regions" }).getByText(/^[a-z]+-[a-z]+-\d$/);
    expect(await ids.count()).toBeGreaterThan(2);
    for (const id of await ids.all()) {
      expect(await lines(id), `${await id.textContent()} at ${width} px`).toBe(1);
    }
    await expectNoSidewaysScroll(page);
  }
});

test("one long name wraps in its own cell only", async ({ page }) => {
  await connect(page);
  for (const name of ["orders", longest]) {
    await page.getByRole("link", { name: /Create your first database|New database/ }).click();
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Primary region").selectOption("us-east-1");
    await page.getByRole("button", { name: "Create database" }).click();
    await expect(page.getByRole("row", { name })).toContainText("Active");
  }

  for (const width of [1024, 1440]) {
    await page.setViewportSize({ width, height: 800 });
    for (const cell of await page.getByRole("cell").all()) {
      expect(await lines(cell), `${await cell.textContent()} at ${width} px`).toBe(1);
    }
    expect(await lines(page.getByRole("rowheader", { name: "orders" }))).toBe(1);
  }
  for (const width of [360, 720, 800]) {
    await page.setViewportSize({ width, height: 800 });
    await expectNoSidewaysScroll(page);
    await expect(page.getByRole("link", { name: longest })).toBeVisible();
  }
});

test("the account menu shows a long address in full on a narrow screen", async ({ page, sandbox }) => {
  const email = `${"long-address-of-a-user".repeat(2)}@${"subdomain.".repeat(3)}example.com`;
  await sandbox.makeAccount({ email, password: demo.password });
  await page.setViewportSize({ width: 360, height: 800 });
  await logIn(await openWindow(page), { email, password: demo.password });
  await page.getByRole("button", { name: `Account ${email}` }).click();

  const address = page.getByText(email, { exact: true }).last();
  await expect(address).toBeInViewport({ ratio: 1 });
  const hidden = await address.evaluate((node) => node.scrollWidth - node.clientWidth);
  expect(hidden).toBeLessThanOrEqual(0);
  await expectNoSidewaysScroll(page);
});
