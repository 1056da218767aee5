import type { Page } from "@playwright/test";
import { connect, demo, expectList } from "./journey";
import { expect, test } from "./test";

/** Calls the server as the page does, until it answers with this status. */
async function callUntil(
  page: Page,
  status: number,
  call: (n: number) => { method: string; path: string; data?: object },
) {
  const { origin } = new URL(page.url());
  for (let n = 0; n < 100; n++) {
    const { method, path, data } = call(n);
    const headers = { "X-CSRF": "1", Origin: origin };
    const answer = await page.request.fetch(origin + path, { method, headers, ...(data && { data }) });
    if (answer.status() === status) return answer;
  }
  throw new Error(`never answered with ${status}`);
}

test.describe("with four creates a minute", () => {
  test.use({ env: { BFF_LIMIT_CREATES: "4/m" } });

  test("a create beyond the limit waits in the form and is then sent once", async ({ page, sandbox }) => {
    await connect(page);
    await page.getByRole("link", { name: "Create your first database" }).click();
    await page.getByLabel("Name").fill("patient");
    await page.getByLabel("Primary region").selectOption("us-east-1");
    const refused = await callUntil(page, 429, (n) => ({
      method: "POST",
      path: "/api/v1/databases",
      data: { name: `early-${n}`, primary_region: "us-east-1" },
    }));
    expect(await refused.json()).toMatchObject({ code: "rate_limited", limit: "creates" });
    expect(Number(refused.headers()["retry-after"])).toBeLessThanOrEqual(15);

    const keys: (string | undefined)[] = [];
    page.on("request", (request) => {
      if (request.method() === "POST") keys.push(request.headers()["idempotency-key"]);
    });
    await page.getByRole("button", { name: "Create database" }).click();
    await expect(page.getByRole("alert")).toContainText("You're creating too quickly");
    await expect(page.getByText(/^Retrying automatically in/)).toBeVisible();
    await expect(page.getByLabel("Name")).toHaveValue("patient");

    await expect(page.getByRole("link", { name: "patient" })).toBeFocused({ timeout: 30_000 });
    expect(new Set(keys).size, "one key for every attempt").toBe(1);
    expect(keys.length).toBeGreaterThan(1);
    const names = (await sandbox.account(demo.email)).databases.map((database) => database.database_name);
    expect(names.filter((name) => name === "patient")).toHaveLength(1);
  });
});

test.describe("with thirty requests a minute", () => {
  test.use({ env: { BFF_LIMIT_REQUESTS: "30/m" } });

  test("a rate-limited page shows the wait, and loads automatically after it", async ({ page }) => {
    await connect(page);
    const refused = await callUntil(page, 429, () => ({ method: "GET", path: "/api/v1/catalog" }));
    expect(refused.headers()["ratelimit-policy"]).toBe('"requests";q=30;w=60');
    expect(refused.headers().ratelimit).toMatch(/^"requests";r=0;t=\d+$/);

    await page.reload();
    await expect(page.getByRole("alert")).toContainText("You're going too fast");
    await expect(page.getByText(/^(Retrying automatically in|Now)/)).toBeVisible();
    await expectList(page);
    await expect(page.getByRole("alert")).toHaveCount(0);
  });
});
