import { demo } from "../journey";
import { consolePage, openConsole } from "../upstash-console";
import { steady } from "./steady";
import { connect, createDatabase, heading, openWindow } from "./steps";
import type { Area } from "./tour";

/** The sandbox's own pages, which are in English: start pages, login and journal. */
export const standIns: Area = {
  name: "the stand-ins",
  languages: ["en"],
  async walk(tour) {
    const { page, sandbox, look } = tour;
    const popup = await openWindow(tour);
    await look(popup, "idp-login");
    await popup.getByRole("link", { name: "Sign up" }).click();
    await popup.getByRole("button", { name: "Sign up" }).waitFor();
    await look(popup, "idp-sign-up");
    await popup.close();
    await page.goto(sandbox.issuer);
    await heading(page, "Identity provider");
    await look(page, "start-identity-provider");
    await page.goto(sandbox.upstash);
    await heading(page, "Developer API");
    await look(page, "start-developer-api");
    await page.goto(`${sandbox.upstash}/console/`);
    await heading(page, "Upstash console");
    await look(page, "start-console");

    await page.goto(sandbox.control);
    await page.getByRole("status").getByText("Live").waitFor();
    await page.getByRole("button", { name: "Clear view" }).click();
    await page.getByText("No calls yet.").waitFor();
    await look(page, "journal-empty");
    await page.getByLabel("Path").fill("/v2/redis/*");
    await page.getByLabel("How often").selectOption("Until I end it");
    await page.getByRole("button", { name: "Inject" }).click();
    await page.request.get(`${sandbox.upstash}/v2/redis/databases`);
    const calls = page.getByRole("list", { name: "Calls, newest first" }).getByRole("listitem");
    await calls.getByText("/v2/redis/databases").first().click();
    await look(page, "journal");
    await page.getByLabel("Text").fill("nothing of the kind");
    await page.getByText("No call matches the filter.").waitFor();
    await look(page, "journal-filtered");
  },
};

/** The sandbox's Upstash console. */
export const upstashConsole: Area = {
  name: "the Upstash console of the sandbox",
  languages: ["en"],
  async walk(tour) {
    const { page, browser, sandbox, look } = tour;
    const open = async (path: string, user = demo) => {
      const opened = await openConsole(browser, sandbox, path, user);
      await steady(opened.context());
      await opened.reload();
      return opened;
    };
    const console = await open(consolePage.databases);
    await look(console, "console-no-databases");
    await connect(tour);
    for (const name of ["orders-production", "rate-limits_staging-environment-eu"]) {
      await createDatabase(tour, name);
    }
    await console.reload();
    await look(console, "console-databases");
    await console.getByRole("link", { name: "API keys" }).click();
    await console.getByLabel("Name").fill("W".repeat(128));
    await console.getByRole("button", { name: "Create" }).click();
    await look(console, "console-key-created");
    await console.getByRole("button", { name: "Create" }).click();
    await look(console, "console-key-rejected");
    await console.getByRole("link", { name: /^Delete the key ACME/ }).click();
    await look(console, "console-delete");
    await console.getByRole("link", { name: "Settings" }).click();
    await console.getByLabel("New email").fill("half@");
    await console.getByRole("button", { name: "Change" }).click();
    await console.getByRole("alert").waitFor();
    await look(console, "console-settings");
    await console.goto(`${sandbox.upstash}/console/nowhere`);
    await look(console, "console-nowhere");
    await console.context().close();

    await sandbox.makeAccount({ email: "shop@example.com", marketplace: "vercel", password: demo.password });
    const theirs = await open(consolePage.keys, { ...demo, email: "shop@example.com" });
    await look(theirs, "console-marketplace");
    await theirs.getByRole("button", { name: "Log out" }).click();
    await look(theirs, "console-logged-out");
    await theirs.context().close();

    const free = { ...demo, email: "free@example.com" };
    await sandbox.makeAccount({ ...free, plan: "free" });
    const suspended = await open(consolePage.settings, free);
    await sandbox.suspend(free.email);
    await suspended.reload();
    await look(suspended, "console-suspended");
    await suspended.context().close();
    await page.close();
  },
};
