import { appendFileSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Page } from "@playwright/test";
import { expect } from "../test";
import type { Language } from "./words";

export type Scheme = "light" | "dark";

/** The widths of a phone and of a desktop, each with the height of its window. */
export const sizes = { 360: 740, 1440: 900 } as const;
export type Width = keyof typeof sizes;

/**
 * What counts as another picture. A channel of a kept picture is at most 12 of 255 off (tools/pictures), which is below
 * this threshold; so is what two processors differ in. A lost border or icon and a button that moves are above it.
 */
const tolerance = { threshold: 0.05, maxDiffPixels: 12 };

/** As much of a page as a picture shows. */
const tallest = 6_000;

/** Pages of many equal parts, of which a picture shows the first. */
const long = /list-of-50|picker-of-50|reference|problems$/;

const main = new Set([
  "landing",
  "list-of-3",
  "create-filled",
  "database",
  "account",
  "consent",
  "picker-of-3",
]);

/**
 * Which pictures of a screen are kept: of the main ones all four in English and two in German, of others two in English
 * and one in German. All of them together are small enough for a repository.
 */
export function picturesOf(language: Language, screen: string): readonly `${Width}-${Scheme}`[] {
  const german = ["360-dark"] as const;
  const two = ["1440-light", ...german] as const;
  if (language === "de") return main.has(screen) ? two : german;
  return main.has(screen) ? [...two, "1440-dark", "360-light"] : two;
}

/** Compares what the window shows with the kept picture of the screen. */
export async function comparePicture(page: Page, name: string, width: Width, scheme: Scheme): Promise<void> {
  const file = `${name}-${width}-${scheme}.png`;
  record(file);
  await expect.soft(page).toHaveScreenshot(file.split("/"), {
    ...tolerance,
    ...(await extent(page, name, width)),
    animations: "disabled",
  });
}

/** Writes a picture for people, with smooth letters, where SCREENSHOTS names a directory for it. */
export async function keepScreenshot(
  page: Page,
  name: string,
  width: Width,
  scheme: Scheme,
): Promise<boolean> {
  const directory = process.env.SCREENSHOTS;
  if (directory === undefined) return false;
  const path = join(directory, `${name}-${width}-${scheme}.png`);
  mkdirSync(dirname(path), { recursive: true });
  await page.screenshot({ path, ...(await extent(page, name, width)) });
  return true;
}

/** Of a page its beginning; of a dialog what is around it, for the page behind it has pictures of its own. */
async function extent(page: Page, name: string, width: Width) {
  const dialog = await page.evaluate(() =>
    [...document.querySelectorAll("dialog[open]")].at(-1)?.getBoundingClientRect().toJSON(),
  );
  if (dialog === undefined) {
    const height = long.test(name) ? sizes[width] : tallest;
    return { fullPage: true, clip: { x: 0, y: 0, width, height } };
  }
  const around = 16;
  const x = Math.max(0, Math.floor(dialog.x) - around);
  const y = Math.max(0, Math.floor(dialog.y) - around);
  return {
    clip: {
      x,
      y,
      width: Math.min(width, Math.ceil(dialog.x + dialog.width) + around) - x,
      height: Math.min(sizes[width], Math.ceil(dialog.y + dialog.height) + around) - y,
    },
  };
}

/** `make pictures` deletes the pictures that no test names any more. */
function record(file: string): void {
  const path = process.env.PICTURES_NAMED;
  if (path === undefined) return;
  if (!existsSync(dirname(path))) mkdirSync(dirname(path), { recursive: true });
  appendFileSync(path, `${file}\n`);
}
