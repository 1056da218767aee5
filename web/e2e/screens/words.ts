import { readdirSync, readFileSync } from "node:fs";
import type { m } from "../../src/messages/messages";

export type Language = "en" | "de";

type Inputs = Record<string, string | number>;

/** The messages of the page, each a function of its inputs. */
export type Words = { [Key in keyof typeof m]: (inputs?: Inputs) => string };

interface Variants {
  selectors: string[];
  match: Record<string, string>;
}

/**
 * The texts of the page in one language, so that a walk finds the same control in each of them. It reads the catalogues:
 * the compiled messages are of one language (web/vite.config.ts).
 */
export function wordsIn(language: Language): Words {
  const directory = new URL(`../../messages/${language}/`, import.meta.url);
  const messages = Object.assign(
    {},
    ...readdirSync(directory).map((file) => JSON.parse(readFileSync(new URL(file, directory), "utf8"))),
  ) as Record<string, string | [Variants]>;

  return new Proxy({} as Words, {
    get: (_, key: string) => {
      const message = messages[key];
      if (message === undefined) throw new Error(`${language} has no message ${key}`);
      return (inputs: Inputs = {}) =>
        (typeof message === "string" ? message : variant(message[0], inputs, language))
          .replace(/\{[#/]\w+\}/g, "")
          .replace(/\{(\w+)\}/g, (_all, name: string) => String(inputs[name]));
    },
  });
}

/** The variant of a message for a number or a name. */
function variant(
  { selectors: [selector = ""], match }: Variants,
  inputs: Inputs,
  language: Language,
): string {
  const value =
    selector === "plural"
      ? new Intl.PluralRules(language).select(Number(Object.values(inputs)[0]))
      : inputs[selector];
  const found = match[`${selector}=${value}`] ?? match[`${selector}=*`];
  if (found === undefined) throw new Error(`no variant for ${selector}=${value}`);
  return found;
}
