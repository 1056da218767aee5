import type { Page } from "@playwright/test";
import { connect, demo, logIn, openWindow } from "./journey";
import { expectSound } from "./sound";
import { expect, test } from "./test";

const policy = {
  scopes: ["redis.list", "redis.get", "redis.create", "redis.credentials"],
  databases: "all",
  regions: ["us-east-1", "eu-west-1"],
  plans: null,
  max_databases: 5,
  max_budget: 200,
};

const service = { id: "deploys", name: "Deploys", built_in: false, return_host: "deploys.example" };

const transaction = {
  id: "cs_1",
  state: "authenticating",
  service,
  display_name: "Jane at Deploys",
  login_hint: "",
  reconnect: false,
  asked: policy,
  account: null as { connection_id: string; email: string } | null,
  expires_at: "2026-11-28T12:30:00Z",
};

const grant = {
  ...policy,
  id: "grt_1",
  service: { id: service.id, name: service.name },
  external_id: "user-42",
  display_name: "Jane at Deploys",
  state: "active",
  database_ids: ["db-1"],
  account: { email: demo.email },
  created_at: "2026-11-20T10:00:00Z",
  revoked_at: null,
  revoked_by: "",
  last_used_at: "2026-11-27T09:30:00Z",
  last_used_for: "redis.create",
};

const event = {
  at: "2026-11-27T09:30:00Z",
  action: "database_created",
  detail: "orders",
  actor: { kind: "service", id: service.id, name: service.name },
  grant_id: grant.id,
  request_id: "req-1",
  address: "2001:db8:85a3::8a2e:370:7334",
};

/** Plays the server's side of one transaction, so that each screen can be looked at for itself. */
async function playTransaction(page: Page): Promise<void> {
  let held = { ...transaction };
  await page.route("**/api/v1/transaction", (route) => route.fulfill({ json: held }));
  await page.route("**/api/v1/transaction/account", async (route) => {
    const { connection } = await page.evaluate(async () => {
      const answer = await fetch("/api/v1/session", { headers: { "X-CSRF": "1" } });
      return (await answer.json()) as { connection: { id: string; email: string } };
    });
    held = { ...held, account: { connection_id: connection.id, email: connection.email } };
    await route.fulfill({ json: held });
  });
}

test("the screens on which a service asks", async ({ page, sandbox }) => {
  test.setTimeout(120_000);
  await playTransaction(page);
  await page.goto(`${sandbox.app}/connect#invitation`);
  await page.getByRole("button", { name: "Connect Upstash" }).waitFor();
  expect(page.url()).toBe(`${sandbox.app}/connect`);
  await expectSound(page, "a service asks");

  await page.goto(sandbox.app);
  await connect(page);
  await page.goto(`${sandbox.app}/connect#invitation`);
  await page.getByRole("button", { name: `Continue as ${demo.email}` }).click();
  await page.getByRole("button", { name: "Allow" }).waitFor();
  await expectSound(page, "consent");

  await page.getByRole("textbox").fill("9");
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("alert").waitFor();
  await expectSound(page, "consent, with a fault");
});

test("the login in a window leads on to the consent", async ({ page, sandbox }) => {
  await playTransaction(page);
  await page.goto(`${sandbox.app}/connect#invitation`);
  const popup = await openWindow(page);
  await popup.getByLabel("Email").waitFor();
  await logIn(popup);
  await page.getByRole("heading", { name: "What may Deploys do?" }).waitFor();
  await expect(page.getByText(demo.email)).toBeVisible();
});

test("the window is blocked: the login comes back to the service's page, and goes on", async ({
  page,
  sandbox,
}) => {
  await playTransaction(page);
  await page.addInitScript(() => {
    window.open = () => null;
  });
  await page.goto(`${sandbox.app}/connect#invitation`);
  await page.getByRole("button", { name: "Connect Upstash" }).click();
  await page.getByLabel("Email").waitFor();
  await logIn(page);
  await page.getByRole("heading", { name: "What may Deploys do?" }).waitFor();
  await page.waitForURL(`${sandbox.app}/connect`);
  await expect(page.getByText(demo.email)).toBeVisible();
});

test("an invitation that is over", async ({ page, sandbox }) => {
  await page.route("**/api/v1/transaction", (route) =>
    route.fulfill({
      status: 410,
      contentType: "application/problem+json",
      json: { code: "invitation_expired", status: 410, title: "The invitation has expired", detail: "" },
    }),
  );
  await page.goto(`${sandbox.app}/connect#invitation`);
  await page.getByRole("heading", { name: "This invitation is no longer open" }).waitFor();
  await expectSound(page, "expired");
});

test("who may act, and what was done", async ({ page, sandbox }) => {
  test.setTimeout(120_000);
  await page.route("**/api/v1/connection/grants", (route) =>
    route.fulfill({ json: { grants: [grant, { ...grant, id: "grt_2", state: "paused" }] } }),
  );
  await page.route("**/api/v1/connection/events", (route) => route.fulfill({ json: { events: [event] } }));
  await connect(page);
  await page.goto(`${sandbox.app}/account`);
  await page.getByRole("row").first().waitFor();
  await page.getByText("What it may do").first().click();
  await expectSound(page, "access");

  await page.getByRole("button", { name: "Allow less…" }).first().click();
  await expectSound(page, "allow less");
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "Take back…" }).first().click();
  await expect(page.getByRole("button", { name: "Cancel" })).toBeFocused();
  await expectSound(page, "take back");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Take back…" }).first()).toBeFocused();
});
