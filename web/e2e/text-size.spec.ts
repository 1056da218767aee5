import { eachScreen } from "./each-screen";
import { expect, test } from "./test";

// The browser's setting for the size of text, which also moves the limits of the style sheets (WCAG 1.4.4).
test.use({
  launchOptions: async ({ launchOptions }, use) => {
    await use({
      ...launchOptions,
      args: [...(launchOptions.args ?? []), "--blink-settings=defaultFontSize=32"],
    });
  },
});

test("text at twice its size overflows no screen, and hides none of itself", async ({ page, sandbox }) => {
  test.setTimeout(120_000);
  await page.setViewportSize({ width: 1280, height: 900 });
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).fontSize)).toBe("32px");
  await eachScreen(page, sandbox.app, async (name) => {
    const faults = await page.evaluate(() => {
      const clipped = [
        ...document.querySelectorAll<HTMLElement>("button, a, h1, h2, h3, label, p, dt, dd, th"),
      ]
        .filter((element) => element.checkVisibility())
        .filter((element) => {
          const style = getComputedStyle(element);
          return style.overflow === "hidden" && style.textOverflow !== "ellipsis" && element.clientWidth > 1;
        })
        .filter((element) => element.scrollHeight > element.clientHeight + 1)
        .map((element) => `${element.tagName}: ${element.textContent}`);
      const overflow = document.documentElement.scrollWidth - document.documentElement.clientWidth;
      return overflow > 0 ? [...clipped, `the page is ${overflow} px too wide`] : clipped;
    });
    expect(faults, name).toEqual([]);
  });
});
