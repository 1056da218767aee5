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

test.describe("in a time zone with a recommended region", () => {
  test.use({ timezoneId: "Australia/Perth" });

  test("region ids stay on one line in the create form", async ({ page }) => {
    await connect(page);
    await page.getByRole("link", { name: "Create your first database" }).click();
    await page.getByLabel("Primary region").selectOption("us-east-1");
    const readRegions = page.getByRole("combobox", { name: "Read regions" });
    for (const text of ["tokyo", "singapore", "mumbai"]) {
      await readRegions.fill(text);
      await page.keyboard.press("Enter");
    }
    await readRegions.click();

    for (const width of [360, 720, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      const ids = page.getByRole("main").getByText(/^[a-z]+-[a-z]+-\d$/);
      const texts = await ids.allTextContents();
      expect(texts).toEqual(expect.arrayContaining(["ap-southeast-2", "ap-northeast-1", "eu-central-1"]));
      for (const id of await ids.all()) {
        expect(await lines(id), `${await id.textContent()} at ${width} px`).toBe(1);
      }
      await expectNoSidewaysScroll(page);
    }
  });

  test("the recommended region is chosen only by the user", async ({ page, sandbox }) => {
    await connect(page);
    await page.getByRole("link", { name: "Create your first database" }).click();
    await expect(page.getByText("Recommended for your time zone, Australia/Perth:")).toContainText("Sydney");
    await expect(page.getByLabel("Primary region")).toHaveValue("");
    await page.getByRole("button", { name: "Use this region" }).click();
    await expect(page.getByLabel("Primary region")).toHaveValue("ap-southeast-2");
    await page.getByLabel("Name").fill("orders");
    await page.getByText(/^More options/).click();
    await page.getByLabel("Monthly budget").fill("20");
    await page.getByLabel("Drop keys when the database is full").check();
    await page.getByRole("button", { name: "Create database" }).click();
    await expect(page.getByRole("link", { name: "orders" })).toBeVisible();
    const { databases } = await sandbox.account(demo.email);
    expect(databases).toMatchObject([{ primary_region: "ap-southeast-2", budget: 20, eviction: true }]);
  });
});

test("Cancel leaves the create form, and nothing is created", async ({ page, sandbox }) => {
  await connect(page);
  await page.getByRole("link", { name: "Create your first database" }).click();
  await page.getByLabel("Name").fill("orders");
  await page.getByRole("link", { name: "Cancel" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Databases" })).toBeFocused();
  expect((await sandbox.account(demo.email)).databases).toEqual([]);
});

test("one long name costs no row a second line, and is complete on a narrow screen", async ({ page }) => {
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
    for (const row of await page.getByRole("row").all()) {
      expect((await row.boundingBox())?.height, `${await row.textContent()} at ${width} px`).toBeLessThan(56);
    }
  }
  for (const width of [360, 720, 800]) {
    await page.setViewportSize({ width, height: 800 });
    await expectNoSidewaysScroll(page);
    const name = page.getByRole("link", { name: longest });
    await expect(name).toBeVisible();
    expect(await name.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);
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

/** The parts of the page that moved without an action of the user, with how much each shift counts. */
function shifts(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const found: string[] = [];
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        value: number;
        hadRecentInput: boolean;
        sources: { node: Element | null }[];
      })[]) {
        if (entry.hadRecentInput) continue;
        const moved = entry.sources.map(({ node }) => node?.textContent?.trim().slice(0, 40) ?? "removed");
        found.push(`${entry.value.toFixed(4)} ${moved.join(" | ")}`);
      }
    });
    observer.observe({ type: "layout-shift", buffered: true });
    await new Promise((done) => setTimeout(done, 1_000));
    return found;
  });
}

test.describe("nothing moves while it loads:", () => {
  test.use({ timezoneId: "Australia/Perth" });

  for (const [screen, width] of [
    ["a phone", 412],
    ["a desktop", 1440],
  ] as const) {
    test(`the pages on ${screen}`, async ({ page, sandbox }) => {
      await page.setViewportSize({ width, height: 823 });
      await connect(page);
      for (const path of ["/", "/databases/new", "/api/v1/docs", "/api/v1/problems"]) {
        await page.goto(new URL(path, sandbox.app).href);
        await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
        expect(await shifts(page), path).toEqual([]);
      }
    });
  }
});
