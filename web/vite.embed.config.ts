import { copyFileSync } from "node:fs";
import { fileURLToPath, URL } from "node:url";
import { defineConfig } from "vite";
import { compressedForms } from "./compressed-forms.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Builds /embed/v1.js: one classic script without imports, for the pages of partners. */
export default defineConfig({
  plugins: [
    {
      name: "types-of-the-script",
      closeBundle: () => copyFileSync(here("./embed/v1.d.ts"), here("./dist/embed/v1.d.ts")),
    },
    compressedForms(),
  ],
  publicDir: false,
  build: {
    outDir: "dist/embed",
    emptyOutDir: true,
    target: "es2022",
    lib: { entry: here("./embed/index.ts"), formats: ["iife"], name: "embed", fileName: () => "v1.js" },
  },
});
