import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";
import { fontEnvironment } from "./e2e/fonts";

const system = "/usr/bin/chromium";
const browser = process.env.CHROMIUM_PATH ?? (existsSync(system) ? system : undefined);

/** Journeys through the real binary in a real browser. Every test starts a sandbox of its own. */
export default defineConfig({
  testDir: "e2e",
  timeout: 60_000,
  expect: { timeout: 10_000 },
  fullyParallel: true,
  workers: 2,
  forbidOnly: process.env.CI !== undefined,
  // A build server is noisy: there a test may pass at its second try. `make test` names those tests at its end.
  retries: process.env.CI === undefined ? 0 : 1,
  reporter: [["list"]],
  snapshotPathTemplate: "{testDir}/pictures/{arg}{ext}",
  // A picture that is missing is a failure; only `make pictures` writes one.
  updateSnapshots: "none",
  use: {
    // Recording a trace costs a quarter of the processor time of a journey, so it is for the hunt after a failure.
    trace: process.env.TRACE === undefined ? "off" : "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      ...(browser === undefined ? {} : { executablePath: browser }),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // Text is rendered in the same way on every machine (e2e/screens/pictures.ts).
        "--font-render-hinting=none",
        "--disable-lcd-text",
      ],
      env: { ...(process.env as Record<string, string>), ...fontEnvironment() },
    },
  },
  projects: [
    { name: "one-site" },
    // Ports do not make sites. With the issuer on 127.0.0.1 and the page on localhost the login crosses sites,
    // as it does in the world, and SameSite cookies and isolated windows behave accordingly.
    { name: "two-sites", grep: /@sites/, metadata: { issuerHost: "127.0.0.1" } },
  ],
});
