import type { Browser, Locator, Page } from "@playwright/test";
import type { Sandbox } from "../sandbox";
import type { Language, Words } from "./words";

export interface LookOptions {
  /** Roles whose controls may have one name in several places, such as the copy buttons of a reference. */
  repeats?: string[];
  /** What the pictures show: the part of the page that differs from another screen. Without it they show all of it. */
  part?: Locator;
  /** False in a browser that runs no script: axe is one. */
  axe?: boolean;
}

/** Where a tour walks, and how it reports each screen that it reaches. */
export interface Tour {
  page: Page;
  browser: Browser;
  sandbox: Sandbox;
  language: Language;
  /** The texts of the page in the language of the tour. */
  text: Words;
  /** Checks a screen, which is now ready. */
  look: (page: Page, screen: string, options?: LookOptions) => Promise<void>;
}

/** A part of the catalogue: screens that one sandbox and one walk reach. */
export interface Area {
  name: string;
  /** English alone: documents and stand-ins, which are in English everywhere. */
  languages?: readonly Language[];
  env?: Record<string, string>;
  /** More of the sandbox's command line. */
  flags?: string[];
  walk: (tour: Tour) => Promise<void>;
}
