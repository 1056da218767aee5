import { demo, outliveListCache } from "../journey";
import { databases, longestEmail, serveDatabases } from "./bodies";
import { connect, createDatabase, fillDatabase, heading } from "./steps";
import type { Area } from "./tour";

/** Lists of all sizes, with the longest name and a long address. */
export const lists: Area = {
  name: "lists",
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    await sandbox.makeAccount({ email: longestEmail, password: demo.password });
    await connect(tour, { ...demo, email: longestEmail });
    for (const count of [1, 3, 50, 500]) {
      await outliveListCache(page);
      await serveDatabases(sandbox, databases(count));
      await page.reload();
      await page.getByRole("link", { name: "orders-production", exact: true }).waitFor();
      await look(page, `list-of-${count}`);
    }
    await page.getByRole("searchbox").fill("sessions-9");
    await look(page, "list-searched");
    await page.getByRole("searchbox").fill("nothing of the kind");
    await page.getByRole("button", { name: text.list_clear() }).waitFor();
    await look(page, "list-nothing-found");
  },
};

/** The form of a new database, and a key that Upstash no longer accepts. */
export const createForm: Area = {
  name: "the form of a new database",
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    await connect(tour);
    await page.goto(`${sandbox.app}/databases/new`);
    await page.getByLabel(text.database_primary_region()).waitFor();
    await look(page, "create");
    await page.getByRole("button", { name: text.database_create(), exact: true }).click();
    await page.getByText(text.form_name_missing()).first().waitFor();
    await look(page, "create-errors");
    await fillDatabase(tour, "orders-production", "eu-west-1");
    const readRegions = page.getByRole("combobox", { name: text.database_read_regions() });
    await readRegions.fill("us");
    await look(page, "create-read-regions");
    await readRegions.fill("us");
    await readRegions.press("Enter");
    await page.getByText(text.database_more_options_plan()).click();
    await page.getByLabel(text.database_budget()).fill("20");
    await look(page, "create-filled");

    // The user deletes the key in the Upstash console.
    const [key] = (await sandbox.account(demo.email)).keys;
    await sandbox.deleteKey(demo.email, key?.name ?? "");
    await page.goto(sandbox.app);
    await heading(page, text.connect_key_refused_title());
    await look(page, "key-refused");
  },
};

/** One database: how to connect, its credentials, and the states in which it has none. */
export const database: Area = {
  name: "a database",
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    await connect(tour);
    const three = databases(3);
    await serveDatabases(sandbox, three);
    const open = (n: number) => page.goto(`${sandbox.app}/databases/${three[n]?.database_id}`);
    await open(0);
    await page.getByRole("button", { name: text.credentials_reveal() }).waitFor();
    await look(page, "database");
    const part = page.getByRole("region", { name: text.credentials_heading(), exact: true });
    await page.getByRole("tab", { name: "TypeScript" }).click();
    await page.getByRole("button", { name: text.credentials_reveal() }).click();
    await page
      .getByRole("button", { name: text.credentials_show_what({ what: text.databases_password() }) })
      .click();
    await look(page, "database-revealed");
    await page.getByRole("radio", { name: text.databases_access_read_only() }).check();
    await page.getByRole("tab", { name: "Python" }).click();
    await look(page, "database-read-only", { part });
    // The server tests the database of the fixed bodies, which the sandbox does not have.
    const ping = { target: "redis", path: "/ping" } as const;
    const test = page.getByRole("button", { name: text.databases_test_run() });
    await sandbox.fault({ match: ping, do: { status: 200, body: { result: "PONG" } } });
    await test.click();
    await page.getByRole("status").filter({ hasText: "ms" }).waitFor();
    await look(page, "database-reached", { part });
    await sandbox.fault({ match: ping, do: { status: 401, body: { error: "WRONGPASS" } } });
    await test.click();
    await page.getByText(text.databases_test_token_rejected()).waitFor();
    await look(page, "database-not-reached", { part });
    await open(2);
    await page.getByRole("heading", { name: text.databases_suspended_heading() }).waitFor();
    await look(page, "database-suspended");
  },
};

/** A create and a list that have to wait for a limit. */
export const limits: Area = {
  name: "limits",
  env: { BFF_LIMIT_CREATES: "1/h", BFF_LIMIT_REQUESTS: "60/h" },
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    await connect(tour);
    await createDatabase(tour, "first");
    await page.goto(`${sandbox.app}/databases/new`);
    await fillDatabase(tour, "second");
    await page.getByRole("button", { name: text.database_create(), exact: true }).click();
    await page.locator(".countdown-number").waitFor();
    await look(page, "create-limited");
    for (let n = 0; n < 60; n++) {
      await page.request.get(`${sandbox.app}/api/v1/catalog`, {
        headers: { "X-CSRF": "1", Origin: sandbox.app },
      });
    }
    await page.getByRole("link", { name: text.databases_heading() }).first().click();
    await page.locator(".countdown-number").waitFor();
    await look(page, "list-limited");
  },
};

/** Outages, and the end of a session. */
export const interruptions: Area = {
  name: "interruptions",
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    await connect(tour);
    await page.goto(`${sandbox.app}/nowhere`);
    await heading(page, text.not_found_title());
    await look(page, "not-found");
    await sandbox.fault({
      match: { target: "upstash", path: "/v2/*" },
      count: -1,
      do: { status: 503, body: "" },
    });
    await page.goto(sandbox.app);
    await page.getByRole("alert").waitFor({ timeout: 30_000 });
    await look(page, "outage");
    await page.context().clearCookies({ name: /session/ });
    await page.getByRole("button", { name: text.problem_retry() }).click();
    await heading(page, text.connect_ended_title());
    await look(page, "session-ended");
  },
};
