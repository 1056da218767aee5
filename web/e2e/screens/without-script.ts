import type { Area } from "./tour";

/** The document as the server writes it, in a browser that runs no script. */
export const withoutScript: Area = {
  name: "a browser without JavaScript",
  async walk({ browser, sandbox, language, look }) {
    const locale = language === "en" ? "en-US" : "de-DE";
    const page = await browser.newPage({ javaScriptEnabled: false, locale });
    await page.goto(sandbox.app);
    await page.locator("noscript p").waitFor();
    await look(page, "without-javascript", { axe: false });
    await page.context().close();
  },
};
