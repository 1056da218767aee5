import { writeFileSync } from "node:fs";
import { fileURLToPath, URL } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { compressedForms } from "./compressed-forms.ts";
import { oneLanguage } from "./one-language.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The page is built once for each language, so a browser loads one: `vite build --mode de`. */
const languages = ["en", "de"];

export default defineConfig(({ mode }) => {
  const language = languages.includes(mode) ? mode : "en";
  return {
    define: { __LANGUAGE__: JSON.stringify(language) },
    plugins: [
      react(),
      oneLanguage(language),
      {
        // A build empties dist, but the Go package that embeds it needs one file
        // to be there before the first build.
        name: "keep-dist-in-git",
        closeBundle() {
          writeFileSync(here("./dist/.gitkeep"), "");
        },
      },
      {
        name: "no-comments-in-documents",
        apply: "build",
        transformIndexHtml: (html) => html.replace(/\s*<!--.*?-->/gs, ""),
      },
      compressedForms(),
    ],
    resolve: { alias: { "@": here("./src") } },
    experimental: {
      // The server learns its address when it starts. Documents name files from the root of the origin, and the
      // server puts its path before that (api/base.go); files name each other relative to themselves.
      renderBuiltUrl: (_, { hostType }) => (hostType === "html" ? undefined : { relative: true }),
    },
    build: {
      emptyOutDir: language === "en",
      // The server's CSP allows neither inline scripts nor data: modules, so
      // everything is a file of its own under /assets/.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: true,
      rolldownOptions: {
        output: {
          // What the first visit loads stays one file, also where parts of the page that are files of their own share
          // some of it: two files compress worse than one.
          codeSplitting: { groups: [{ name: "first", tags: ["$initial"] }] },
        },
      },
    },
    test: {
      environment: "jsdom",
      environmentOptions: { jsdom: { url: "http://localhost:8080/" } },
      include: ["{src,embed}/**/*.test.{ts,tsx}"],
      setupFiles: ["src/test/setup.ts"],
      css: false,
      restoreMocks: true,
    },
  };
});
