import { outliveListCache } from "../journey";
import { databases, serveDatabases } from "./bodies";
import { connect, fillDatabase } from "./steps";
import type { Area } from "./tour";

const list = { target: "upstash", method: "GET", path: "/v2/redis/databases" } as const;
const create = { target: "upstash", method: "POST", path: "/v2/redis/database" } as const;
const outage = { count: -1, do: { status: 503, body: "" } };

/** Databases that cannot be used yet or any more, and what the page shows while it waits for them. */
export const states: Area = {
  name: "databases that are not ready",
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    await connect(tour);
    const [creating = {}, passive = {}, unknown = {}] = databases(3).map((body, n) => ({
      ...body,
      state: ["creating", "passive", "migrating"][n],
    }));
    const open = (body: Record<string, unknown>) => page.goto(`${sandbox.app}/databases/${body.database_id}`);

    await outliveListCache(page);
    await serveDatabases(sandbox, [creating, passive, unknown]);
    await page.reload();
    await page.getByText(text.databases_state_creating(), { exact: true }).waitFor();
    await look(page, "list-of-states");
    await open(creating);
    await page.getByText(text.databases_notice_creating()).waitFor();
    await look(page, "database-creating");
    await open(passive);
    await page.getByText(text.databases_notice_inactive()).waitFor();
    await look(page, "database-passive");
    await page.goto(`${sandbox.app}/databases/none-of-this-account`);
    await page.getByRole("alert").waitFor();
    await look(page, "database-not-found");

    await serveDatabases(sandbox, []);
    await page.goto(`${sandbox.app}/databases/new`);
    await fillDatabase(tour, "orders-production");
    await serveDatabases(sandbox, [creating]);
    await sandbox.fault({ match: create, do: { status: 200, body: creating } });
    await page.getByRole("button", { name: text.database_create(), exact: true }).click();
    await page.getByText(text.databases_state_creating(), { exact: true }).waitFor();
    await look(page, "list-after-create");
    await serveDatabases(sandbox, [{ ...creating, state: "active" }]);
    await page.getByRole("link", { name: text.databases_view_credentials() }).waitFor({ timeout: 30_000 });
    await look(page, "list-with-new-database");
  },
};

/** What the page shows while an answer is late, and when none comes. */
export const waits: Area = {
  name: "late answers",
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    await connect(tour);
    const bodies = databases(1);
    await serveDatabases(sandbox, bodies);
    const [one] = bodies;

    // Only the browser waits: the server itself would give up on Upstash before all checks are done.
    await page.route("**/api/v1/databases**", () => undefined);
    await page.goto(sandbox.app);
    await page.getByText(text.databases_loading(), { exact: true }).waitFor({ state: "attached" });
    await look(page, "list-loading");
    await page.goto(`${sandbox.app}/databases/${one?.database_id}`);
    await page.getByText(text.databases_loading_one(), { exact: true }).waitFor({ state: "attached" });
    await look(page, "database-loading");
    await page.goto(`${sandbox.app}/databases/new`);
    await fillDatabase(tour, "orders-production");
    await page.getByRole("button", { name: text.database_create(), exact: true }).click();
    await look(page, "create-running");
    await page.unrouteAll({ behavior: "ignoreErrors" });

    await page.goto(`${sandbox.app}/databases/${one?.database_id}`);
    const reveal = page.getByRole("button", { name: text.credentials_reveal() });
    await reveal.waitFor();
    await sandbox.endFaults();
    await sandbox.fault({ match: { target: "upstash", path: "/v2/*" }, ...outage });
    await reveal.click();
    await page.getByRole("alert").waitFor({ timeout: 30_000 });
    await look(page, "database-reveal-outage");

    await sandbox.endFaults();
    await page.goto(`${sandbox.app}/databases/new`);
    await fillDatabase(tour, "orders-production");
    await sandbox.fault({ match: create, do: { drop: "before_commit" } });
    await sandbox.fault({ match: list, count: -1, do: { status: 200, body: [] } });
    await page.getByRole("button", { name: text.database_create(), exact: true }).click();
    await page.getByRole("alert").waitFor({ timeout: 30_000 });
    await look(page, "create-uncertain");
  },
};
