import { writeFileSync } from "node:fs";
import { fileURLToPath, URL } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [
    react(),
    {
      // A build empties dist, but the Go package that embeds it needs one file
      // to be there before the first build.
      name: "keep-dist-in-git",
      closeBundle() {
        writeFileSync(here("./dist/.gitkeep"), "");
      },
    },
  ],
  resolve: { alias: { "@": here("./src") } },
  build: {
    // The server's CSP allows neither inline scripts nor data: modules, so
    // everything is a file of its own under /assets/.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  test: {
    environment: "jsdom",
    environmentOptions: { jsdom: { url: "http://localhost:8080/" } },
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test/setup.ts"],
    css: false,
    restoreMocks: true,
  },
});
