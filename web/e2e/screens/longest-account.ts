import { demo } from "../journey";
import { expect } from "../test";
import { connect } from "./steps";
import type { Area } from "./tour";

// ../services-journey.spec.ts goes through everything that a partner, a user and the server can bring about. These answers
// are made up, because no journey on one machine gets them: a grant that is paused while its user can still look at it,
// the longest names without a space, an address of IPv6, and more events than are shown at first.

const longest = "w".repeat(64);

const grant = {
  id: "grt_1",
  service: { id: "deploys", name: longest },
  external_id: "x".repeat(255),
  display_name: longest,
  state: "paused",
  scopes: ["redis.list", "redis.get", "redis.create", "redis.credentials"],
  databases: "all",
  regions: ["us-east-1", "eu-west-1"],
  plans: null,
  max_databases: 5,
  max_budget: 200,
  database_ids: ["db-1"],
  account: { email: demo.email },
  created_at: "2026-11-20T10:00:00Z",
  revoked_at: null,
  revoked_by: "",
  last_used_at: "2026-11-27T09:30:00Z",
  last_used_for: "redis.create",
};

const events = Array.from({ length: 21 }, (_, index) => ({
  at: "2026-11-27T09:30:00Z",
  action: "database_created",
  detail: "96ad0856-03b1-4ee7-9666-e81abd0349e1",
  actor: { kind: "service", id: "deploys", name: index === 0 ? longest : "Deploys" },
  grant_id: grant.id,
  request_id: `req-${index}`,
  address: "2001:db8:85a3::8a2e:370:7334",
}));

/** The page of access and activity: paused, long names, and a long list. */
export const longestAccount: Area = {
  name: "access with the longest names",
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    await page.route("**/api/v1/connection/grants", (route) => route.fulfill({ json: { grants: [grant] } }));
    await page.route("**/api/v1/connection/events", (route) => route.fulfill({ json: { events } }));
    await connect(tour);
    await page.goto(`${sandbox.app}/account`);
    await page.locator("summary").click();
    await page.getByRole("button", { name: text.access_activity_more({ more: 1 }) }).click();
    await expect(page.getByRole("row")).toHaveCount(events.length + 1);
    await look(page, "account-longest");

    const revoke = page.getByRole("button", { name: text.access_revoke_of({ name: longest }) });
    await revoke.click();
    await page.getByRole("dialog").waitFor();
    await look(page, "revoke-dialog-longest");
    await page.keyboard.press("Escape");
    await expect(revoke).toBeFocused();
  },
};
