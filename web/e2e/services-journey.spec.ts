import type { Browser, Page } from "@playwright/test";
import { choose, connect, demo, expectNoTraces, firstConnect, logIn, openWindow } from "./journey";
import { Partner } from "./partner";
import type { Sandbox } from "./sandbox";
import { test as base, expect } from "./test";

/** Users of the partner's product: nothing to do with their e-mail addresses at Upstash. */
const ada = "ada-4711";
const mallory = "mallory-666";

interface Partners {
  /** A service of somebody else's, on another site than the page. */
  shop: Partner;
  /** The service that is built in. */
  house: Partner;
}

const test = base.extend<Partners>({
  // Every journey here has to work where the browser keeps third-party cookies back.
  launchOptions: [
    async ({ launchOptions }, use) => {
      const args = [...(launchOptions.args ?? []), "--test-third-party-cookie-phaseout"];
      await use({ ...launchOptions, args });
    },
    { scope: "worker" },
  ],

  shop: async ({ sandbox }, use) => {
    const shop = await Partner.registered(sandbox, "shop", "The Shop");
    await use(shop);
    await shop.stop();
  },

  house: async ({ sandbox }, use) => {
    const house = await Partner.ofTheHouse(sandbox);
    await use(house);
    await house.stop();
  },
});

/** Opens the partner's page as one of its users, and lets it send the browser to the page on which it asks. */
async function sendFrom(page: Page, partner: Partner, user = ada): Promise<void> {
  await page.goto(`${partner.origin}/?user=${user}`);
  await page.getByRole("button", { name: "Connect Upstash", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: /Upstash/ }).waitFor();
}

/** The consent page: it shows the service, and not the invitation. */
async function expectAsked(page: Page, sandbox: Sandbox): Promise<void> {
  await expect(
    page.getByRole("heading", { name: "The Shop asks to use your Upstash account" }),
  ).toBeVisible();
  expect(page.url()).toBe(`${sandbox.app}/connect`);
  const cdp = await page.context().newCDPSession(page);
  const { entries } = await cdp.send("Page.getNavigationHistory");
  expect(entries.map(({ url }) => url).filter((url) => url.includes("#"))).toEqual([]);
}

/** The consent: who asks, where it leads back to, for what, and on which account. */
async function expectConsent(page: Page, shop: Partner, email = demo.email): Promise<void> {
  await expect(page.getByRole("heading", { name: "What may The Shop do?" })).toBeVisible();
  for (const said of ["The Shop shop", new URL(shop.origin).host, email]) {
    await expect(page.getByLabel("Who asks")).toContainText(said);
  }
  await expect(page.getByRole("checkbox", { checked: true })).toHaveCount(4);
}

const allow = (page: Page) => page.getByRole("button", { name: "Allow" }).click();
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

async function expectConnected(page: Page, partner: Partner, email = demo.email): Promise<void> {
  await expect(page.getByRole("heading", { name: `Connected as ${email}` })).toBeVisible();
  expect(new URL(page.url()).origin).toBe(partner.origin);
}

/** Connects the demo user for a partner, from its page on. */
async function allowAll(page: Page, partner: Partner): Promise<void> {
  await sendFrom(page, partner);
  await button(page, `Continue as ${demo.email}`).click();
  await allow(page);
  await expectConnected(page, partner);
}

async function grantsOf(
  partner: Partner,
  user = ada,
): Promise<{ state: string; account: { email: string } }[]> {
  return (await partner.call("GET", `/grants?external_id=${user}`)).body.grants;
}

test("the partner's page redirects the browser, which returns connected @sites", async ({
  page,
  sandbox,
  shop,
}) => {
  shop.ask = { display_name: "Ada at the Shop" };
  await sendFrom(page, shop);
  await expectAsked(page, sandbox);
  const popup = await openWindow(page);
  const closed = popup.waitForEvent("close");
  await logIn(popup);
  await expectConsent(page, shop);
  await expect(page.getByLabel("Who asks")).toContainText("Ada at the Shop");
  await closed;
  await expectNoTraces(page);
  expect(await grantsOf(shop), "nothing is granted before it is allowed").toEqual([]);

  await allow(page);
  await expectConnected(page, shop);
  await page.getByRole("link", { name: "Continue" }).click();
  await button(page, "Create a database").click();
  await expect(page.getByRole("listitem")).toHaveText("orders");
  expect((await sandbox.account(demo.email)).databases).toMatchObject([{ database_name: "orders" }]);
});

test("the partner's page opens a window, which returns and closes @sites", async ({
  page,
  sandbox,
  shop,
}) => {
  await page.goto(`${shop.origin}/?user=${ada}`);
  const theirs = await openWindow(page, "Connect Upstash in a window");
  await expectAsked(theirs, sandbox);
  const popup = await openWindow(theirs);
  await logIn(popup);
  await expectConsent(theirs, shop);
  const closed = theirs.waitForEvent("close");
  await allow(theirs);
  await expect(page.getByRole("heading", { name: "Connected" })).toBeVisible();
  await closed;
  await expect.poll(() => page.context().pages(), "the login's window closes too").toEqual([page]);
});

test("without a window, the complete flow runs in one tab @sites", async ({ page, sandbox, shop }) => {
  await page.addInitScript(() => {
    window.open = () => null;
  });
  await sendFrom(page, shop);
  await expectAsked(page, sandbox);
  await button(page, "Connect Upstash").click();
  await logIn(page);
  await expectConsent(page, shop);
  expect(page.url()).toBe(`${sandbox.app}/connect`);
  await expectNoTraces(page);
  await allow(page);
  await expectConnected(page, shop);
});

test("a provider that isolates its window, with the partner's page and window", async ({
  page,
  sandbox,
  shop,
}) => {
  test.setTimeout(120_000);
  await sandbox.fault({
    match: { target: "issuer", path: "/authorize*" },
    count: -1,
    do: { coop: "same-origin" },
  });
  for (const user of ["in-the-page", "in-a-window"]) {
    await page.goto(`${shop.origin}/?user=${user}`);
    const inWindow = user === "in-a-window";
    if (!inWindow) await button(page, "Connect Upstash").click();
    const asked = inWindow ? await openWindow(page, "Connect Upstash in a window") : page;
    await asked.getByRole("heading", { name: "The Shop asks" }).waitFor();
    const popup = await openWindow(asked);
    await expect(asked.getByRole("heading", { name: /Continue in the other window/ })).toBeVisible();
    await logIn(popup);
    await expectConsent(asked, shop);
    await allow(asked);
    await expect(page.getByRole("heading", { name: /^Connected/ })).toBeVisible();
    expect(await grantsOf(shop, user)).toMatchObject([{ state: "active" }]);
    await page.context().clearCookies();
  }
});

test("an account other than the connected one", async ({ page, sandbox, shop }) => {
  const other = { email: "other@example.com", password: "other-password" };
  await sandbox.makeAccount(other);
  await connect(page);
  await sendFrom(page, shop);
  await expect(button(page, `Continue as ${demo.email}`)).toBeVisible();

  const popup = await openWindow(page, "Use another account");
  await logIn(popup, other);
  await expectConsent(page, shop, other.email);
  await expect(page.getByText(demo.email)).toBeHidden();
  await allow(page);
  await expectConnected(page, shop, other.email);
  expect(await grantsOf(shop)).toMatchObject([{ state: "active", account: { email: other.email } }]);
});

test("declined, before and after the login", async ({ page, shop }) => {
  await sendFrom(page, shop);
  await button(page, "Decline").click();
  await expect(page.getByText("access_denied")).toBeVisible();

  await sendFrom(page, shop);
  const popup = await openWindow(page);
  await logIn(popup);
  await expectConsent(page, shop);
  await button(page, "Decline").click();
  await expect(page.getByText("access_denied")).toBeVisible();
  expect(new URL(page.url()).origin).toBe(shop.origin);
  expect(await grantsOf(shop)).toEqual([]);
});

test("an operation that the user did not approve is rejected", async ({ page, shop }) => {
  test.setTimeout(120_000);
  shop.ask = { max_databases: 5, display_name: "Ada at the Shop" };
  await sendFrom(page, shop);
  const popup = await openWindow(page);
  await logIn(popup);
  await expectConsent(page, shop);
  await page.getByRole("textbox").fill("9");
  await allow(page);
  await page.getByRole("alert").waitFor();

  await page.getByRole("checkbox", { name: /Create databases/ }).uncheck();
  await allow(page);
  await expectConnected(page, shop);
  const body = { name: "orders", primary_region: "us-east-1" };
  const refused = await shop.call("POST", "/databases", { user: ada, body });
  expect(refused).toMatchObject({ status: 403, body: { code: "insufficient_scope" } });
  expect((await shop.call("GET", "/databases", { user: ada })).status).toBe(200);
});

/** A browser of somebody else's. */
async function anotherBrowser(browser: Browser): Promise<Page> {
  return (await browser.newContext()).newPage();
}

test("an invitation that another browser already opened", async ({ page, browser, shop, sandbox }) => {
  const invitation = await shop.invite(ada);
  await page.goto(invitation);
  await expectAsked(page, sandbox);

  const theirs = await anotherBrowser(browser);
  await theirs.goto(invitation);
  await expect(theirs.getByRole("heading", { name: "This invitation is no longer open" })).toBeVisible();
  expect(theirs.url()).toBe(`${sandbox.app}/connect`);
  await theirs.context().close();
  await expect(button(page, "Connect Upstash")).toBeVisible();
  expect(await grantsOf(shop)).toEqual([]);
});

test("an attacker's invitation: the victim's approval gives no access", async ({ page, shop }) => {
  await page.goto(`${shop.origin}/?user=${ada}`);
  await page.goto(await shop.invite(mallory));
  const popup = await openWindow(page);
  await logIn(popup);
  await expectConsent(page, shop);
  await allow(page);
  await expect(page.getByRole("heading", { name: "Not yours" })).toBeVisible();

  const { searchParams } = new URL(page.url());
  const path = `/connect-sessions/${searchParams.get("connect_session")}/complete`;
  const body = { code: searchParams.get("code"), external_id: ada };
  expect(await shop.call("POST", path, { body })).toMatchObject({
    status: 403,
    body: { code: "transaction_mismatch" },
  });
  expect((await shop.call("POST", path, { body: { ...body, external_id: mallory } })).status).not.toBe(201);
  expect([...(await grantsOf(shop)), ...(await grantsOf(shop, mallory))]).toEqual([]);
});

test("the built-in service: the sentence above the button is the consent", async ({
  page,
  sandbox,
  house,
}) => {
  await sendFrom(page, house);
  await expect(page.getByRole("heading", { name: "Connect Upstash to ACME" })).toBeVisible();
  await expect(page.getByText("With “Connect Upstash” you allow ACME everything listed above")).toBeVisible();
  const popup = await openWindow(page);
  await logIn(popup);
  await expectConnected(page, house);
  expect(await grantsOf(house)).toMatchObject([{ state: "active" }]);
  expect(await sandbox.journal()).toEqual(firstConnect.slice(0, 1));
});

test("the user sees a service's activity, revokes its access, and disconnects", async ({
  page,
  sandbox,
  shop,
  house,
}) => {
  test.setTimeout(120_000);
  await connect(page);
  await allowAll(page, shop);
  const created = await shop.call("POST", "/databases", {
    user: ada,
    body: { name: "orders", primary_region: "us-east-1" },
  });
  expect(created.status).toBe(201);
  await sendFrom(page, house);
  await button(page, `Continue as ${demo.email}`).click();
  await expectConnected(page, house);

  await page.goto(sandbox.app);
  await choose(page, "Access and activity");
  const card = page.getByRole("listitem").filter({ hasText: "The Shop" });
  await expect(card).toContainText("Created a database");
  const made = page.getByRole("row").filter({ hasText: "Database created" });
  await expect(made).toContainText("The Shop");
  await expect(made.getByRole("link")).toHaveAttribute("href", `/databases/${created.body.id}`);
  await card.getByText("Permissions").click();

  await button(page, "Reduce access… (The Shop)").click();
  await page.getByRole("checkbox", { name: /Read the password/ }).uncheck();
  await button(page, "Save").click();
  await expect(page.getByRole("dialog")).toBeHidden();
  const reveal = `/databases/${created.body.id}/credentials`;
  expect((await shop.call("GET", reveal, { user: ada })).body.code).toBe("insufficient_scope");

  await button(page, "Revoke access… (The Shop)").click();
  await expect(button(page, "Cancel")).toBeFocused();
  await button(page, "Revoke access").click();
  await expect(card.getByText("You revoked its access")).toBeVisible();
  expect(await shop.call("GET", "/databases", { user: ada })).toMatchObject({
    status: 409,
    body: { code: "grant_required" },
  });
  expect((await house.call("GET", "/databases", { user: ada })).status).toBe(200);

  await choose(page, "Disconnect…");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("One service loses access");
  await dialog.getByRole("button", { name: "Disconnect", exact: true }).click();
  await expect(page.getByText("One service lost access to your account.")).toBeVisible();
  expect((await house.call("GET", "/databases", { user: ada })).body.code).toBe("grant_required");
});
