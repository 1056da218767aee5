import { test as base, expect, type Page } from "@playwright/test";
import { Sandbox } from "./sandbox";

interface Fixtures {
  /** Extra settings of the server, as BFF_ variables. */
  env: Record<string, string>;
  /** More of the sandbox's command line. */
  flags: string[];
  sandbox: Sandbox;
}

/** A test with its own sandbox, the page open on it, and an eye on what must never appear in the console. */
export const test = base.extend<Fixtures>({
  env: [{}, { option: true }],
  flags: [[], { option: true }],

  sandbox: async ({ env, flags }, use, info) => {
    const issuerHost = info.project.metadata.issuerHost as string | undefined;
    const sandbox = await Sandbox.start({ env, flags, ...(issuerHost === undefined ? {} : { issuerHost }) });
    await use(sandbox);
    await sandbox.stop();
  },

  page: async ({ page, context, sandbox }, use) => {
    const faults: string[] = [];
    const watch = (watched: Page) => {
      watched.on("pageerror", (error) => faults.push(`page error: ${error.message}`));
      watched.on("console", (message) => {
        if (/Content Security Policy|Refused to/.test(message.text())) faults.push(message.text());
      });
    };
    watch(page);
    context.on("page", watch);
    await page.goto(sandbox.app);
    await use(page);
    expect(faults, "nothing broke, and the content security policy was never hit").toEqual([]);
  },
});

export { expect };
