import { appendFileSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { expect } from "../test";

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

/** How much of what surrounds a part or a dialog its picture shows, in pixels. */
const around = 16;

/** Pages of many equal parts, and pages whose lower part another picture has: a picture shows the first window. */
const long =
  /list-of-50|picker-of-50|reference|problems$|\/brand-|consent-(other-request|account-changed|key-refused)/;

interface Picture {
  page: Page;
  /** The language and the name of the screen. */
  name: string;
  width: Width;
  scheme: Scheme;
  /** What it shows, instead of all of the page. */
  part: Locator | undefined;
}

/**
 * Compares what the window shows with the kept picture, if that is asked for. Where SCREENSHOTS names a directory, it
 * writes a picture for people there instead.
 */
export async function takePicture(picture: Picture & { compared: boolean }): Promise<void> {
  const { page, name, width, scheme } = picture;
  // A logo has a file of its own for each scheme.
  const loaded = () => page.evaluate(() => [...document.images].every(({ complete }) => complete));
  await expect.poll(loaded, { message: `${name}: pictures in the page` }).toBe(true);

  const file = `${name}-${width}-${scheme}.png`;
  const directory = process.env.SCREENSHOTS;
  if (directory !== undefined) {
    const path = join(directory, file);
    mkdirSync(dirname(path), { recursive: true });
    await page.screenshot({ path, ...(await extent(picture)) });
  } else if (picture.compared) {
    record(file);
    const options = { ...tolerance, ...(await extent(picture)), animations: "disabled" } as const;
    await expect.soft(page).toHaveScreenshot(file.split("/"), options);
  }
}

/** Of a page its beginning; of a part or a dialog what is around it, for the rest has pictures of its own. */
async function extent({ page, name, width, part }: Picture) {
  const shown = part ?? page.locator("dialog[open]").last();
  if (part === undefined && (await shown.count()) === 0) {
    const height = long.test(name) ? sizes[width] : tallest;
    return { fullPage: true, clip: { x: 0, y: 0, width, height } };
  }

  const box = await shown.evaluate((element, fromTop) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return { x, y: y + (fromTop ? window.scrollY : 0), width, height };
  }, part !== undefined);
  const x = Math.max(0, Math.floor(box.x) - around);
  const y = Math.max(0, Math.floor(box.y) - around);
  const bottom = Math.ceil(box.y + box.height) + around;
  return {
    fullPage: part !== undefined,
    clip: {
      x,
      y,
      width: Math.min(width, Math.ceil(box.x + box.width) + around) - x,
      height: (part === undefined ? Math.min(sizes[width], bottom) : bottom) - y,
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
