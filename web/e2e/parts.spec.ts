import type { Page } from "@playwright/test";
import { connect, expectLanding, expectList, logIn, openWindow } from "./journey";
import { expect, test } from "./test";

const connectedApp = "**/assets/connected-app-*.js";

/** The files that the page loads from here on, by the name before the digest. */
function filesOf(page: Page): Set<string> {
  const files = new Set<string>();
  page.on("request", (request) => {
    const name = /\/assets\/(.+)-[\w-]{8}\.(?:js|css)$/.exec(request.url())?.[1];
    if (name !== undefined) files.add(name);
  });
  return files;
}

/** How often the page is loaded from here on. */
function loadsOf(page: Page): () => number {
  let loads = 0;
  page.on("request", (request) => {
    if (request.isNavigationRequest()) loads++;
  });
  return () => loads;
}

test("a first visit loads only the files of its screen; the others load during the login", async ({
  page,
}) => {
  const files = filesOf(page);
  await page.reload();
  await expectLanding(page);
  await page.waitForLoadState("networkidle");
  expect([...files].sort()).toEqual(["index"]);

  const popup = await openWindow(page);
  await popup.getByLabel("Email").waitFor();
  await expect.poll(() => files.has("connected-app")).toBe(true);
  await logIn(popup);
  await expectList(page);
});

test("a returning visitor loads the files and the session in parallel", async ({ page }) => {
  await connect(page);
  const files = filesOf(page);
  let release = () => {};
  const held = new Promise<void>((done) => {
    release = done;
  });
  await page.route("**/api/v1/session?*", async (route) => {
    await held;
    await route.continue();
  });
  await page.reload();
  await expect.poll(() => files.has("connected-app")).toBe(true);
  release();
  await expectList(page);
});

test("a lazy file that fails to load offers a retry, and the page does not reload automatically", async ({
  page,
}) => {
  await page.route(connectedApp, (route) => route.abort());
  const loads = loadsOf(page);
  const popup = await openWindow(page);
  await logIn(popup);
  await expect(page.getByRole("heading", { name: "This page could not be loaded" })).toBeFocused();
  await expect(page.getByRole("alert")).toContainText("Check your network connection");
  expect(loads()).toBe(0);
  await page.unroute(connectedApp);
  await page.getByRole("button", { name: "Reload" }).click();
  await expectList(page);
});

test("a page of an earlier release reloads once", async ({ page, sandbox }) => {
  await page.route(connectedApp, (route) => route.fulfill({ status: 404, body: "" }));
  await page.route(`${sandbox.app}/`, async (route) => {
    if (route.request().isNavigationRequest()) return route.continue();
    return route.fulfill({
      contentType: "text/html",
      body: '<!doctype html><script type="module" src="/assets/index-newer.js"></script>',
    });
  });
  const loads = loadsOf(page);
  const popup = await openWindow(page);
  await logIn(popup);
  await page.getByRole("heading", { name: "This page could not be loaded" }).waitFor();
  expect(loads()).toBe(1);
  await page.unroute(connectedApp);
  await page.getByRole("button", { name: "Reload" }).click();
  await expectList(page);
});
