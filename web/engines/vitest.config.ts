import { defineConfig } from "vitest/config";

/** Journeys through the real binary in Firefox and in WebKit. Every test starts a sandbox of its own. */
export default defineConfig({
  test: {
    include: ["*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // One browser at a time: two would slow each other down on a small machine.
    fileParallelism: false,
  },
});
