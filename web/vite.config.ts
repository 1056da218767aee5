import { writeFileSync } from "node:fs";
import { fileURLToPath, URL } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { compressedForms } from "./compressed-forms.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The page is built once for each language, so a browser loads one: `vite build --mode de`. */
const languages = ["en", "de"];

export default defineConfig(({ mode }) => {
  const language = languages.includes(mode) ? mode : "en";
  return {
    define: { __LANGUAGE__: JSON.stringify(language) },
    plugins: [
      react(),
      {
        // The bundler does not evaluate a constant of another module, so it would keep both languages.
        name: "one-language",
        apply: "build",
        transform: {
          filter: { id: /\/src\/messages\/messages\/.*\.js$/ },
          handler(code: string) {
            const chosen = code.replaceAll(
              "experimentalStaticLocale ?? options.locale ?? getLocale()",
              JSON.stringify(language),
            );
            if (chosen.includes("getLocale()"))
              throw new Error("a message chooses its language in an unknown way");
            return chosen;
          },
        },
      },
      {
        // All builds share dist: files of the same content have the same name, and each language has its own document.
        name: "document-of-the-language",
        apply: "build",
        generateBundle: {
          order: "post",
          handler(_, bundle) {
            const document = bundle["index.html"];
            if (document !== undefined && language !== "en") document.fileName = `index.${language}.html`;
          },
        },
      },
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
      // The viewer of the API's contract is a page of its own: nothing of it is loaded by the application.
      rolldownOptions: {
        input: { index: here("./index.html"), docs: here("./docs.html") },
        output: {
          // What the first visit loads stays one file, also where parts of the page that are files of their own share
          // some of it: two files compress worse than one. The viewer shares one module, which is then a file too.
          codeSplitting: {
            groups: [
              { name: "public-path", test: /public-path/, priority: 2 },
              { name: "first", tags: ["$initial"], test: /^(?!.*(swagger|docs))/, priority: 1 },
            ],
          },
          // The viewer's licence has no extension; Go embeds no name that ends in a dot.
          assetFileNames: ({ names }) =>
            names.some((name) => name.includes("."))
              ? "assets/[name]-[hash][extname]"
              : "assets/[name]-[hash].txt",
        },
      },
      chunkSizeWarningLimit: 1600, // kB: the viewer, in one piece
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
