import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";

/** What axe reports about a page. In the second colour scheme only the colours can differ. */
export async function axeViolations(page: Page, rules: "all" | "colours"): Promise<string[]> {
  // No screen has a frame of another origin, for which axe would open a page of its own at each run.
  const builder = new AxeBuilder({ page }).setLegacyMode(true);
  // The heading comes with what is loading.
  const loads = (await page.locator("[data-loading]").count()) > 0;
  if (loads) builder.disableRules(["page-has-heading-one"]);
  const { violations } = await (rules === "all" ? builder : builder.withRules("color-contrast")).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
}
