import { readFileSync } from "node:fs";
import { fileURLToPath, URL } from "node:url";
import type { Plugin } from "vite";

/** Where the runtime fixes the language. */
const fixedLanguage = /(export const experimentalStaticLocale =) [^\n]*/;

/** The function of a message that calls that of a language. */
const choosingFunction =
  /export const (\w+) = \/\*\* @type [^\n]* \*\/ \(\(inputs(?: = \{\})?, options = \{\}\) => \{\n[^}]*\n\}\);/;

/**
 * Keeps one language of each message, writes the document in it, and names the document after it. The bundler does not
 * evaluate a constant of another module, so without this a browser would load every language.
 */
export function oneLanguage(language: string): Plugin {
  const literal = JSON.stringify(language);
  let building = false;
  let testing = false;
  return {
    name: "one-language",
    enforce: "pre", // before comments are removed, which the pattern below expects
    configResolved({ command, mode }) {
      building = command === "build";
      testing = mode === "test";
    },
    transform: {
      filter: { id: /\/src\/messages\/(?:messages\/.*|runtime)\.js$/ },
      handler(code, id) {
        if (testing) return code.replace(fixedLanguage, "$1 undefined;"); // tests choose it while they run
        if (!building) return null;
        // The whole runtime chooses a language by cookie, address or header. Here it is known.
        if (id.endsWith("/runtime.js"))
          return `export const getLocale = () => ${literal}; export const experimentalStaticLocale = ${literal};`;
        const chosen = code
          .replace(choosingFunction, (_, name: string) => `export const ${name} = ${language}_${name};`)
          .replaceAll("experimentalStaticLocale ?? options.locale ?? getLocale()", literal);
        if (chosen.includes("getLocale()"))
          throw new Error("a message chooses its language in an unknown way");
        return chosen;
      },
    },
    transformIndexHtml: (html) =>
      html
        .replace(/<html lang="[^"]*">/, `<html lang="${language}">`)
        .replace(/\{(document_\w+)\}/g, (_, key: string) => documentText(language, key)),
    // All builds share dist: files of the same content have the same name, and each language has its own document.
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const document = bundle["index.html"];
        if (document !== undefined && language !== "en") document.fileName = `index.${language}.html`;
      },
    },
  };
}

/** A text of the document, which is complete before any script runs. */
function documentText(language: string, key: string): string {
  const path = fileURLToPath(new URL(`./messages/${language}/document.json`, import.meta.url));
  const text = (JSON.parse(readFileSync(path, "utf8")) as Record<string, string>)[key];
  if (text === undefined) throw new Error(`${path} has no ${key}`);
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
