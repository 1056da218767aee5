import { afterAll, test as base, beforeAll, describe } from "vitest";
import { Sandbox } from "../e2e/sandbox";
import type { Browser, RunningEngine } from "./driver";
import { firefox } from "./firefox";
import { Page } from "./page";
import { texts } from "./texts";
import { webkit } from "./webkit";

export const demo = { email: "demo@example.com", password: "demo-password" };

interface Fixtures {
  sandbox: Sandbox;
  browser: Browser;
}

/** Declares the same tests for each engine. Each test gets its own sandbox and its own browser. */
export function inEveryEngine(declare: (test: ReturnType<typeof testsIn>) => void): void {
  for (const engine of [firefox, webkit]) {
    describe.skipIf(!engine.installed)(engine.name, () => {
      let running: RunningEngine | undefined;
      beforeAll(async () => {
        running = await engine.start();
      });
      afterAll(() => running?.stop());

      declare(testsIn(() => running as RunningEngine));
    });
  }
}

function testsIn(engine: () => RunningEngine) {
  return base.extend<Fixtures>({
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the pattern
    sandbox: async ({}, use) => {
      // Ports do not make sites. With the issuer on 127.0.0.1 and the page on localhost the login crosses sites, as it
      // does in the world.
      const sandbox = await Sandbox.start({ issuerHost: "127.0.0.1" });
      await use(sandbox);
      await sandbox.stop();
    },

    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the pattern
    browser: async ({}, use) => {
      const browser = await engine().open();
      await use(browser);
      await browser.close();
    },
  });
}

/** Fills in the provider's login form. */
export async function logIn(page: Page): Promise<void> {
  const { issuer } = texts;
  await page.fill(issuer.email, demo.email);
  await page.fill(issuer.password, demo.password);
  await page.click("button", issuer.logIn);
}

/** Opens the page and connects the demo user in a window. */
export async function connect(browser: Browser, sandbox: Sandbox): Promise<Page> {
  const page = await Page.open(browser, sandbox.app);
  const popup = await page.opened("button", texts.connect.button);
  await logIn(popup);
  await seeConnected(page);
  await popup.seeClosed();
  return page;
}

export async function seeConnected(page: Page): Promise<void> {
  await page.see("heading", texts.databases.heading);
  await page.see("button", texts.account.menu(demo.email));
}
