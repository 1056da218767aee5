import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { connect, demo } from "./journey";
import { orbit } from "./orbit";
import { expect, test } from "./test";

const buttonColour = (page: Page) =>
  page
    .getByRole("button", { name: "Connect Upstash" })
    .evaluate((button) => getComputedStyle(button).backgroundColor);

const headerLogo = (page: Page) => page.getByRole("banner").getByRole("img", { name: "Orbit Host" });

async function expectSound(page: Page, screen: string, except: string[] = []): Promise<void> {
  const directory = process.env.SCREENSHOTS;
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const { violations } = await new AxeBuilder({ page }).disableRules(except).analyze();
    expect(
      violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`),
      `${screen}, ${colorScheme}`,
    ).toEqual([]);
    for (const width of [360, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow, `${screen} at ${width} px`).toBeLessThanOrEqual(0);
      if (directory)
        await page.screenshot({ path: `${directory}/brand-${screen}-${width}-${colorScheme}.png` });
    }
  }
}

test.describe("with a brand", () => {
  test.use({ env: orbit });

  test("the first paint has the partner's name, logo and links before any script has run", async ({
    page,
    sandbox,
  }) => {
    await page.route("**/*.js", (route) => route.abort());
    await page.goto(sandbox.app);
    await expect(page).toHaveTitle("Orbit Host");
    const loaded = () =>
      headerLogo(page).evaluate((image: HTMLImageElement) => (image.complete ? image.naturalWidth : 0));
    await expect.poll(loaded).toBeGreaterThan(100);
    await expect(page.getByRole("contentinfo").getByRole("link", { name: "Support" })).toBeVisible();
    await expectSound(page, "first-paint", ["page-has-heading-one"]); // the script adds the heading
  });

  test("no screen of a journey shows another brand, not even for a moment", async ({ page, sandbox }) => {
    test.setTimeout(120_000);
    await page.context().addInitScript(() => {
      const seen = () => `${document.title} ${document.body?.textContent ?? ""}`;
      const note = () => {
        if (/Upstash Connect|ACME/.test(seen())) Object.assign(window, { strangeBrand: seen() });
      };
      new MutationObserver(note).observe(document, { subtree: true, childList: true, characterData: true });
    });
    const strange = (of: Page) =>
      of.evaluate(() => (window as { strangeBrand?: string }).strangeBrand ?? "none");

    await page.goto(sandbox.app);
    await expect(
      page.getByRole("heading", { level: 1, name: "Connect Upstash to Orbit Host" }),
    ).toBeVisible();
    await expect(page).toHaveTitle("Connect Upstash to Orbit Host · Orbit Host");
    expect(await buttonColour(page)).toBe("rgb(109, 40, 217)");
    await expectSound(page, "landing");
    await page.emulateMedia({ colorScheme: "light" });

    const opened = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Connect Upstash" }).click();
    const login = await opened;
    await login.waitForURL(/authorize|login/);
    await login.goto(`${sandbox.app}/connect`);
    await expect(headerLogo(login)).toBeVisible();
    await expectSound(login, "login-window");
    expect(await strange(login)).toBe("none");
    await login.close();

    await page.goto(sandbox.app);
    await connect(page);
    await expect(page.getByText(demo.email).first()).toBeAttached();
    await expect(headerLogo(page)).toBeVisible();
    expect(await strange(page)).toBe("none");
    await page.goto(`${sandbox.app}/api/v1/problems`);
    await expect(headerLogo(page)).toBeVisible();
    await expectSound(page, "problems");
  });
});

test("without settings, the page has the name and its first letter", async ({ page, sandbox }) => {
  await page.goto(sandbox.app);
  await expect(page.getByRole("banner").getByRole("link", { name: "ACME" })).toBeVisible();
  const icon = await page.locator("link[rel=icon]").getAttribute("href");
  const picture = await page.request.get(sandbox.app + icon);
  expect(picture.headers()["content-type"]).toBe("image/svg+xml");
  expect(picture.headers()["content-security-policy"]).toContain("sandbox");
  expect(await picture.text()).toContain(">A</text>");
  await expect(page.locator("body")).not.toContainText("Upstash Connect");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false, env: { BFF_APP_NAME: "Shop" } });

  test("the document itself has the frame that the script draws, and says what is missing", async ({
    page,
    sandbox,
    browser,
  }) => {
    await expect(page).toHaveTitle("Shop");
    await expect(page.locator("noscript p")).toBeVisible(); // Playwright finds no text in a noscript
    const texts = async (of: Page) => ({
      ribbon: await of.getByRole("complementary").innerText(),
      header: await of.getByRole("banner").innerText(),
      footer: await of.getByRole("contentinfo").innerText(),
      height: await of.getByRole("banner").evaluate((node) => node.clientHeight),
    });
    const written = await texts(page);

    const scripted = await browser.newPage({ javaScriptEnabled: true });
    await scripted.goto(sandbox.app);
    await scripted.getByRole("button", { name: "Connect Upstash" }).waitFor();
    expect(await texts(scripted)).toEqual(written);
    await scripted.close();
  });
});
