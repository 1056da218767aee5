// Compiles the message catalogues (messages/<language>/*.json) into src/messages: a typed function for each message,
// so that a bundle contains only what it shows. Does nothing while the result is newer than the catalogues.
import { readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compile } from "@inlang/paraglide-js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const changed = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

const sources = ["./messages/en", "./messages/de"]
  .map(here)
  .flatMap((directory) => [directory, ...readdirSync(directory).map((name) => `${directory}/${name}`)])
  .concat(
    here("./project.inlang/settings.json"),
    here("./compile-messages.mjs"),
    here("./package-lock.json"),
  );

if (changed(here("./src/messages/messages.d.ts")) <= Math.max(...sources.map(changed))) {
  await compile({
    project: here("./project.inlang"),
    outdir: here("./src/messages"),
    emitTsDeclarations: true,
    disableAsyncLocalStorage: true,
    // The page is built once for each language (vite.config.ts), so a browser loads one language. Tests and the
    // development server use the base language.
    strategy: ["baseLocale"],
    experimentalStaticLocale: "typeof __LANGUAGE__ === 'undefined' ? undefined : __LANGUAGE__",
  });
}
