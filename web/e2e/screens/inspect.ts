import type { Page } from "@playwright/test";
import { expect } from "../test";
import { axeViolations } from "./axe";
import { edgelessControls, focusFaults, unnamedControls } from "./controls";
import { comparePicture, keepScreenshot, type Scheme, sizes, type Width } from "./pictures";
import { clipped, motion, overflow } from "./space";

export interface Inspection {
  /** The language and the name of the screen, as the directory and the file of its pictures. */
  name: string;
  /** Which of the pictures are kept. */
  pictures: readonly `${Width}-${Scheme}`[];
  axe: boolean;
  /** Roles whose controls may share a name. */
  repeats: string[];
}

/** Checks everything on one screen, and leaves the window as it was. All faults are reported, not only the first. */
export async function inspect(page: Page, inspection: Inspection): Promise<void> {
  const { name } = inspection;
  const size = page.viewportSize();
  const nothing = (found: string[], what: string) => expect.soft(found, `${name}: ${what}`).toEqual([]);

  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  for (const width of [1440, 360] as const) {
    await page.setViewportSize({ width, height: sizes[width] });
    for (const scheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      await picture(page, inspection, width, scheme);
      if (width === 360 || !inspection.axe) continue;
      nothing(await axeViolations(page, scheme === "light" ? "all" : "colours"), `axe, ${scheme}`);
    }
    if (width === 1440) {
      nothing(await motion(page), "moves with reduced motion");
      nothing(await unnamedControls(page, inspection.repeats), "controls for a screen reader");
    }
  }

  for (const width of [360, 320]) {
    await page.setViewportSize({ width, height: sizes[360] });
    expect.soft(await overflow(page), `${name}: overflow at ${width} px`).toBeLessThanOrEqual(0);
  }
  await page.setViewportSize(size ?? { width: 1280, height: 720 });
  nothing(await withLargeText(page), "text at twice its size");

  await page.emulateMedia({ colorScheme: "light", forcedColors: "active" });
  nothing(await edgelessControls(page), "edges with forced colours");
  nothing(await focusFaults(page), "focus with forced colours");
  await page.emulateMedia({ forcedColors: "none" });
}

async function picture(page: Page, inspection: Inspection, width: Width, scheme: Scheme): Promise<void> {
  // A logo has a file of its own for each scheme.
  const loaded = () => page.evaluate(() => [...document.images].every(({ complete }) => complete));
  await expect.poll(loaded, { message: `${inspection.name}: pictures in the page` }).toBe(true);
  if (await keepScreenshot(page, inspection.name, width, scheme)) return;
  if (!inspection.pictures.includes(`${width}-${scheme}`)) return;
  await comparePicture(page, inspection.name, width, scheme);
}

/** The browser's setting for the size of text, which also moves the limits of the style sheets (WCAG 1.4.4). */
async function withLargeText(page: Page): Promise<string[]> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Page.setFontSizes", { fontSizes: { standard: 32, fixed: 26 } });
  const size = await page.evaluate(() => getComputedStyle(document.documentElement).fontSize);
  const tooWide = await overflow(page);
  const faults = await clipped(page);
  if (tooWide > 0) faults.push(`the page is ${tooWide} px too wide`);
  if (size !== "32px") faults.push(`the text is not at twice its size: ${size}`);
  await devtools.send("Page.setFontSizes", { fontSizes: { standard: 16, fixed: 13 } });
  await devtools.detach();
  return faults;
}
