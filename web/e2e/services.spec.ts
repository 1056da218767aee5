import { connect, demo } from "./journey";
import { expectSound } from "./sound";
import { expect, test } from "./test";

// services-journey.spec.ts goes through everything that a partner, a user and the server can bring about. These answers
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

test("access and activity: paused, long names, and a long list", async ({ page, sandbox }) => {
  test.setTimeout(120_000);
  await page.route("**/api/v1/connection/grants", (route) => route.fulfill({ json: { grants: [grant] } }));
  await page.route("**/api/v1/connection/events", (route) => route.fulfill({ json: { events } }));
  await connect(page);
  await page.goto(`${sandbox.app}/account`);
  await expect(page.getByText("Paused", { exact: true })).toBeVisible();
  await page.getByText("Permissions").click();
  await page.getByRole("button", { name: "Show 1 more" }).click();
  await expect(page.getByRole("row")).toHaveCount(events.length + 1);
  await expectSound(page, "access, with the longest names");

  const revoke = page.getByRole("button", { name: /^Revoke access…/ });
  await revoke.click();
  await expectSound(page, "revoke access, with the longest names");
  await page.keyboard.press("Escape");
  await expect(revoke).toBeFocused();
});
