import { connect, expectLanding, expectList, expectNoTraces, firstConnect, logIn } from "./journey";
import { expect, test } from "./test";

test("an unsolicited callback shows a page and changes nothing", async ({ page, sandbox }) => {
  await page.goto(`${sandbox.app}/callback?code=stolen&state=made-up`);
  await expect(page.getByRole("heading", { name: "This login is invalid or has expired" })).toBeVisible();
  expect(new URL(page.url()).search, "code and state are gone from the address").toBe("");
  await expectNoTraces(page);
  expect(await sandbox.journal()).toEqual([]);
  await page.getByRole("button", { name: "Back" }).click();
  await expectLanding(page);
});

test("an error_description is neither shown nor executed", async ({ page, sandbox }) => {
  await page.goto(
    `${sandbox.app}/callback?error=access_denied&error_description=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&state=x`,
  );
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.locator("body")).not.toContainText("onerror");
});

test("a finished callback cannot be used twice", async ({ page, sandbox }) => {
  let callback = "";
  page.context().on("request", (request) => {
    if (request.url().includes("/callback?")) callback = request.url();
  });
  await connect(page);
  const before = await sandbox.journal();
  expect(callback).toContain("code=");

  await page.goto(callback);
  await expect(page.getByRole("heading", { name: "This login is invalid or has expired" })).toBeVisible();
  expect(await sandbox.journal()).toEqual(before);
});

test("a link to the login asks the user before it redirects", async ({ page, sandbox }) => {
  await page.goto(`${sandbox.app}/connect?attempt=0123456789abcdef&replace=1`);
  await expect(page.getByRole("heading", { name: "Connect Upstash" })).toBeVisible();
  await page.getByRole("button", { name: "Continue to Upstash" }).click();
  await logIn(page);
  await expect(page.getByRole("heading", { level: 1, name: "Databases" })).toBeVisible();
  await expectNoTraces(page);
  await expectList(page);
  expect(await sandbox.journal()).toEqual(firstConnect);
});

for (const elsewhere of [
  "//evil.example",
  "/\\evil.example",
  "https:evil.example",
  "%2f%2fevil.example",
  "/%09/evil.example",
]) {
  test(`no parameter redirects the user elsewhere after the login: ${elsewhere}`, async ({
    page,
    sandbox,
  }) => {
    await page.goto(
      `${sandbox.app}/connect?attempt=0123456789abcdef&returnTo=${elsewhere}&return=${elsewhere}`,
    );
    await page.getByRole("button", { name: "Continue to Upstash" }).click();
    await logIn(page);
    await expectList(page);
    expect(new URL(page.url()).origin).toBe(sandbox.app);
    expect(await sandbox.journal()).toEqual(firstConnect);
  });
}

test("a forged success message changes nothing: the page checks with the server", async ({
  page,
  context,
  sandbox,
}) => {
  const forger = await context.newPage();
  await forger.goto(`${sandbox.app}/nowhere`);
  await page.bringToFront();
  const asked = page.waitForResponse((response) => new URL(response.url()).pathname === "/api/v1/session");
  await forger.evaluate(() => {
    new BroadcastChannel("upstash-connect").postMessage({ type: "connected", attempt: "forged" });
  });
  await asked;
  await expectLanding(page);
  expect(await sandbox.journal()).toEqual([]);
});

test("an outage while connecting is shown in the window, which can retry", async ({ page, sandbox }) => {
  await sandbox.fault({
    match: { target: "upstash", method: "POST", path: "/apikey" },
    do: { status: 503, body: "down" },
  });
  const opened = page.waitForEvent("popup");
  await page.getByRole("button", { name: "Connect Upstash" }).click();
  const popup = await opened;
  await logIn(popup);
  await expect(popup.getByText(/^Request/)).toBeVisible();
  await popup.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Databases" })).toBeVisible({ timeout: 15_000 });
  await expectNoTraces(page);
});
