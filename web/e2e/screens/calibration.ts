import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser } from "@playwright/test";

/** What painted the kept pictures: a browser, and fonts with the widths of a text in them. */
interface MadeWith {
  chromium: string;
  widths: Record<string, number>;
}

const directory = new URL("../pictures/", import.meta.url);
const record = new URL("made-with.json", directory);

const fonts = {
  regular: "400 16px system-ui, sans-serif",
  bold: "700 16px system-ui, sans-serif",
  code: "400 14px ui-monospace, monospace",
};

/** Measures how this browser paints a text. */
async function measure(browser: Browser): Promise<MadeWith> {
  const page = await browser.newPage();
  const widths = await page.evaluate((styles) => {
    const entries = Object.entries(styles).map(([name, font]) => {
      const line = document.body.appendChild(document.createElement("span"));
      line.style.font = font;
      line.style.whiteSpace = "nowrap";
      line.textContent =
        "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich: 0123456789 {}[]@•…";
      return [name, Math.round(line.getBoundingClientRect().width * 100) / 100];
    });
    return Object.fromEntries(entries) as Record<string, number>;
  }, fonts);
  await page.close();
  return { chromium: browser.version().split(".")[0] ?? "", widths };
}

/** Why this browser cannot be compared with the kept pictures; undefined if it can. */
export async function incomparable(browser: Browser): Promise<string | undefined> {
  const here = JSON.stringify(await measure(browser));
  if (!existsSync(record)) return "there are no kept pictures";
  const kept = JSON.stringify(JSON.parse(readFileSync(record, "utf8")));
  return here === kept ? undefined : `the pictures were taken with ${kept}, and this browser has ${here}`;
}

/** Notes what paints the pictures, when they are taken again. */
export async function noteCalibration(browser: Browser): Promise<void> {
  mkdirSync(fileURLToPath(directory), { recursive: true });
  writeFileSync(record, `${JSON.stringify(await measure(browser), null, 2)}\n`);
}
