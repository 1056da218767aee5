import { fileURLToPath } from "node:url";

const file = (name: string) => fileURLToPath(new URL(`./brand/${name}`, import.meta.url));

/** The settings of a partner with a brand of its own. */
export const orbit = {
  BFF_APP_NAME: "Orbit Host",
  BFF_BRAND_LOGO_FILE: file("wordmark.svg"),
  BFF_BRAND_LOGO_DARK_FILE: file("wordmark-dark.svg"),
  BFF_BRAND_COLOR: "#6d28d9",
  BFF_BRAND_LINKS:
    "product=https://orbit.example,support=mailto:help@orbit.example,privacy=https://orbit.example/privacy",
};
