import type { Page } from "@playwright/test";
import { connect, demo, logIn } from "./journey";
import { type Language, type Words, wordsIn } from "./screens/words";
import { expect, test } from "./test";

/** A message of a language's catalogues. */
function text(language: Language, key: keyof Words, inputs: Record<string, string> = {}): string {
  return wordsIn(language)[key](inputs);
}

/** Makes every text of the page 40 % longer, as other languages are, and gives the width by which it overflows. */
function overflowWithLongerText(page: Page): Promise<number> {
  return page.evaluate(() => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
      // Values that the page does not translate stay as they are: code, ids and names.
      if (node.parentElement?.closest("script, style, code, pre, select, [translate=no]") !== null) continue;
      const words = node.nodeValue ?? "";
      if (/\p{L}{2}/u.test(words)) node.nodeValue = words + words.slice(0, Math.ceil(words.length * 0.4));
    }
    return document.documentElement.scrollWidth - document.documentElement.clientWidth;
  });
}

async function createDatabase(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Create your first database" }).click();
  await page.getByLabel("Name").fill("orders");
  await page.getByLabel("Primary region").selectOption("us-east-1");
  await page.getByRole("button", { name: "Create database" }).click();
  await expect(page.getByRole("link", { name: "orders" })).toBeVisible();
}

test.describe("a German browser", () => {
  test.use({ locale: "de-DE" });

  test("gets the page in German, from the first byte to the list", async ({ page, sandbox }) => {
    const document = await page.request.get(sandbox.app, { headers: { "Accept-Language": "de" } });
    expect(document.headers()["content-language"]).toBe("de");
    expect(await document.text()).toContain('<html lang="de">');

    await expect(page.locator("html")).toHaveAttribute("lang", "de");
    const opened = page.waitForEvent("popup");
    await page.getByRole("button", { name: text("de", "connect_button") }).click();
    await logIn(await opened);
    await expect(
      page.getByRole("heading", { level: 1, name: text("de", "databases_heading") }),
    ).toBeVisible();
    await expect(page.getByText(demo.email, { exact: true })).toBeVisible();
  });

  test("reads names of regions and plans, and errors of fields, in German", async ({ page, sandbox }) => {
    const opened = page.waitForEvent("popup");
    await page.getByRole("button", { name: text("de", "connect_button") }).click();
    await logIn(await opened);
    await page.getByRole("link", { name: text("de", "databases_create_first") }).click();
    await page.getByLabel(text("de", "form_name"), { exact: true }).fill("orders");
    await page.getByLabel(text("de", "database_primary_region"), { exact: true }).selectOption("us-east-1");
    await expect(page.getByRole("option", { name: "us-east-1 · USA Ost (Nord-Virginia)" })).toBeAttached();

    const readRegions = page.getByRole("combobox", { name: text("de", "database_read_regions") });
    for (const search of ["irland", "ireland", "eu-west-1"]) {
      await readRegions.fill(search);
      await expect(page.getByRole("option", { name: "Europa (Irland) · eu-west-1" })).toBeVisible();
    }
    await readRegions.fill("");

    await page.route("**/api/v1/databases", (route) => {
      const body = route.request().postDataJSON() as Record<string, unknown>;
      return route.continue({ postData: JSON.stringify({ ...body, primary_region: "mars-1" }) });
    });
    await page.getByRole("button", { name: text("de", "database_create") }).click();
    const error = `${text("de", "database_primary_region")}: ${text("de", "field_region_unknown")}`;
    await expect(page.getByRole("link", { name: error })).toBeVisible();
    await page.unroute("**/api/v1/databases");

    await page.goto(new URL("/databases/new", sandbox.app).href);
    await page.getByLabel(text("de", "form_name"), { exact: true }).fill("orders");
    await page.getByLabel(text("de", "database_primary_region"), { exact: true }).selectOption("us-east-1");
    await page.getByRole("button", { name: text("de", "database_create") }).click();
    await expect(page.getByRole("link", { name: "orders" })).toBeVisible();
    await expect(page.getByText("USA Ost (Nord-Virginia)")).toBeVisible();
    await expect(page.getByText(text("de", "catalog_plan_payg"), { exact: true })).toBeVisible();
  });
});

test.describe("a server with one language", () => {
  test.use({ locale: "en-GB", env: { BFF_LANGUAGE: "de" } });

  test("shows it in every browser", async ({ page }) => {
    await expect(page.locator("html")).toHaveAttribute("lang", "de");
    await expect(page.getByRole("button", { name: text("de", "connect_button") })).toBeVisible();
  });
});

test("texts that are 40 % longer overflow no screen of a narrow phone", async ({ page, sandbox }) => {
  await page.setViewportSize({ width: 360, height: 800 });
  expect(await overflowWithLongerText(page), "landing page").toBeLessThanOrEqual(0);
  await page.reload();
  await connect(page);
  await createDatabase(page);

  const database = await page.getByRole("link", { name: "orders" }).getAttribute("href");
  for (const path of ["/", "/databases/new", database ?? "", "/account"]) {
    await page.goto(new URL(path, sandbox.app).href);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await page.waitForLoadState("networkidle");
    expect(await overflowWithLongerText(page), path).toBeLessThanOrEqual(0);
  }
});
