import type { Plugin } from "vite";

/**
 * Keeps one language of each message, and names the document after it. The bundler does not evaluate a constant of
 * another module, so without this a browser would load every language.
 */
export function oneLanguage(language: string): Plugin {
  return {
    name: "one-language",
    apply: "build",
    transform: {
      filter: { id: /\/src\/messages\/messages\/.*\.js$/ },
      handler(code) {
        const chosen = code.replaceAll(
          "experimentalStaticLocale ?? options.locale ?? getLocale()",
          JSON.stringify(language),
        );
        if (chosen.includes("getLocale()"))
          throw new Error("a message chooses its language in an unknown way");
        return chosen;
      },
    },
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
