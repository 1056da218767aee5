import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import { connect, firstConnect } from "./journey";
import { expect, test } from "./test";

const path = "/api/v1/docs";

/** Opens the viewer, opens one call in it and makes it ready to be tried. */
async function open(page: Page, app: string, call: string): Promise<Locator> {
  await page.goto(app + path);
  const operation = page.locator(`#operations-${call}`);
  await operation.locator(".opblock-summary-control").click();
  await operation.getByRole("button", { name: "Try it out" }).click();
  return operation;
}

/** Presses Execute and gives status and body of the answer, as the viewer shows them. */
async function execute(operation: Locator): Promise<{ status: string; body: string }> {
  await operation.getByRole("button", { name: "Execute" }).click();
  const answer = operation.locator(".live-responses-table .response");
  await expect(answer).toBeVisible();
  return {
    status: await answer.locator(".response-col_status").innerText(),
    body: await answer.locator(".response-col_description .highlight-code pre").first().innerText(),
  };
}

test("a call without a session returns a problem, and with the page's session the list", async ({
  page,
  sandbox,
}) => {
  const before = await execute(await open(page, sandbox.app, "databases-listDatabases"));
  expect(before.status).toContain("401");
  expect(before.body).toContain('"code": "authentication_required"');

  await page.goto(sandbox.app);
  await connect(page);
  const after = await execute(await open(page, sandbox.app, "databases-listDatabases"));
  expect(after.status).toContain("200");
  expect(JSON.parse(after.body)).toEqual({ databases: [] });
});

test("a pasted access token is used, and forgotten after a reload", async ({ page, sandbox }) => {
  const token = await sandbox.token("demo@example.com");
  const operation = await open(page, sandbox.app, "connection-connect");

  await page.getByRole("button", { name: "Authorize", exact: true }).click();
  const dialog = page.locator(".modal-ux");
  await expect(
    dialog.getByText("There is nothing to enter."),
    "the cookies of session and transaction",
  ).toHaveCount(2);
  await expect(dialog.getByRole("textbox"), "access, service and status token").toHaveCount(3);
  const scheme = dialog.locator(".auth-container").filter({ hasText: "AccessToken" });
  await scheme.getByRole("textbox").fill(token);
  await scheme.getByRole("button", { name: "Apply credentials" }).click();
  await dialog.getByRole("button", { name: "Close", exact: true }).last().click();

  expect((await execute(operation)).status).toContain("201");
  expect(await sandbox.journal()).toEqual(firstConnect.slice(0, 1));

  const stored = () =>
    page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  expect(await stored()).not.toContain(token);
  await page.reload();
  const again = await execute(await open(page, sandbox.app, "databases-listDatabases"));
  expect(again.status).toContain("401");
});

test("the documents render correctly and are valid", async ({ page, sandbox }) => {
  test.setTimeout(120_000);
  const operation = await open(page, sandbox.app, "databases-listDatabases");
  await execute(operation);
  await expectSound(page, "viewer");
  await page.getByRole("button", { name: "Authorize", exact: true }).click();
  await page.locator(".modal-ux").waitFor();
  await expectSound(page, "authorize");

  await page.goto(`${sandbox.app}/api/v1/problems`);
  await expectSound(page, "problems");
  await page.getByRole("link", { name: "reconnect_required" }).click();
  await page.getByRole("heading", { level: 1, name: "Reconnect the account" }).waitFor();
  await expectSound(page, "problem");
  await page.getByRole("link", { name: "API documentation" }).click();
  await page.getByRole("heading", { level: 1, name: "API documentation" }).waitFor();

  await page.goto(sandbox.app);
  await page.getByRole("contentinfo").getByRole("link", { name: "API documentation" }).click();
  await page.getByRole("heading", { level: 1, name: "API documentation" }).waitFor();
});

test("a visitor at another address is redirected to the configured one", async ({ page, sandbox }) => {
  await page.goto(sandbox.app.replace("localhost", "127.0.0.1"));
  await page.getByRole("heading", { level: 1, name: "Wrong host for this server" }).waitFor();
  await expectSound(page, "misdirected");
  await page.getByRole("link").click();
  await expect(page.getByRole("button", { name: "Connect Upstash" })).toBeVisible();
  expect(page.url()).toBe(`${sandbox.app}/`);
});

/** No axe violation in either colour scheme, and nothing to scroll sideways on a narrow screen. */
async function expectSound(page: Page, screen: string): Promise<void> {
  // Of the viewer's own markup, which we cannot change: its levels of headings, its second main landmark and what is
  // outside it, its rows (a button around a button), its scrolling examples, its nameless select and cross, and a button
  // whose label says more than its face.
  const viewers = [
    "button-name",
    "heading-order",
    "label-content-name-mismatch",
    "landmark-main-is-top-level",
    "nested-interactive",
    "region",
    "scrollable-region-focusable",
    "select-name",
  ];
  const directory = process.env.SCREENSHOTS;
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // The viewer's buttons fade from one scheme's colours to the other's; half-way they have no contrast.
    await page.evaluate(() =>
      Promise.all(
        document
          .getAnimations()
          .filter((animation) => animation instanceof CSSTransition)
          .map(({ finished }) => finished.catch(() => undefined)),
      ),
    );
    const axe = new AxeBuilder({ page }).disableRules(page.url().includes(path) ? viewers : []);
    const found = (await axe.analyze()).violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`,
    );
    expect(found, `${screen}, ${colorScheme}`).toEqual([]);
    for (const width of [360, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow, `${screen} at ${width} px`).toBeLessThanOrEqual(0);
      if (directory !== undefined) {
        const file = `${directory}/docs-${screen}-${width}-${colorScheme}.png`;
        await page.screenshot({ path: file, fullPage: true });
      }
    }
  }
}
