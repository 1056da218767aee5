import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where Debian's fonts-liberation puts its fonts; scripts/peers.sh installs it. */
const liberation = "/usr/share/fonts/truetype/liberation";

/** The environment in which a browser has only the fonts of the kept pictures. Other machines have their own fonts. */
export function fontEnvironment(): Record<string, string> {
  if (!existsSync(liberation)) return {};
  // Screenshots for people have smooth letters.
  const file = process.env.SCREENSHOTS === undefined ? "fonts-unsmoothed.conf" : "fonts.conf";
  return { FONTCONFIG_FILE: fileURLToPath(new URL(file, import.meta.url)) };
}
