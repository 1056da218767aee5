import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";

/** What axe reports about a page. In the second colour scheme only the colours can differ. */
export async function axeViolations(page: Page, rules: "all" | "colours"): Promise<string[]> {
  // No screen has a frame of another origin, for which axe would open a page of its own at each run.
  const builder = new AxeBuilder({ page }).setLegacyMode(true);
  const { violations } = await (rules === "all" ? builder : builder.withRules("color-contrast")).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
}
