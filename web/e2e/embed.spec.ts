import type { Page } from "@playwright/test";
import { EmbedPartner } from "./embed-partner";
import { demo, logIn, openWindow } from "./journey";
import { test as base, expect } from "./test";

interface Told {
  type: string;
  id: string;
  grantId?: string;
  databaseId?: string;
  reason?: string;
}

const test = base.extend<{ partner: EmbedPartner }>({
  launchOptions: [
    async ({ launchOptions }, use) => {
      const args = [...(launchOptions.args ?? []), "--test-third-party-cookie-phaseout"];
      // Playwright turns off the back-forward cache, which every browser of a user has.
      await use({ ...launchOptions, args, ignoreDefaultArgs: ["--disable-back-forward-cache"] });
    },
    { scope: "worker" },
  ],

  partner: async ({ sandbox }, use) => {
    const partner = await EmbedPartner.start(sandbox);
    await use(partner);
    await partner.stop();
  },
});

const told = (page: Page): Promise<Told[]> =>
  page.evaluate(() => (window as unknown as { told: Told[] }).told);
const button = (page: Page) => page.getByRole("button", { name: "Connect Upstash" });

/** Waits for exactly these events, in this order. */
async function expectTold(page: Page, ...types: string[]): Promise<Told[]> {
  await expect
    .poll(async () => (await told(page)).map(({ type }) => type), { timeout: 20_000 })
    .toEqual(types);
  return told(page);
}

/** The button can be pressed, it does not wait, and the guide's policy was never violated. */
async function expectUsable(page: Page): Promise<void> {
  await expect(button(page)).toBeEnabled();
  await expect(page.locator("upstash-connect[state=waiting]")).toHaveCount(0);
  await expectQuiet(page);
}

async function expectQuiet(page: Page): Promise<void> {
  await expect(page.locator("[aria-busy=true], progress")).toHaveCount(0);
  expect(await page.evaluate(() => (window as unknown as { violations: string[] }).violations)).toEqual([]);
}

/**
 * The page has heard exactly these events, it shows the last, the server has this state of the latest session, and the
 * button can be pressed.
 */
async function expectEnd(
  page: Page,
  partner: EmbedPartner,
  state: string,
  ...types: string[]
): Promise<Told[]> {
  const events = await expectTold(page, ...types);
  expect(await partner.state()).toBe(state);
  await expect(page.locator(`upstash-connect[state=${types.at(-1)}]`)).toHaveCount(1);
  await expectUsable(page);
  return events;
}

/** Presses the button and logs in, in the window that opens. */
async function logInInWindow(page: Page): Promise<Page> {
  const theirs = await openWindow(page);
  const popup = await openWindow(theirs);
  await logIn(popup);
  return theirs;
}

const types = ["approved", "completed"];

test("a window connects, and the page gets true events @sites", async ({ page, partner }) => {
  await page.goto(partner.origin);
  const theirs = await openWindow(page);
  await theirs.getByRole("heading", { name: /Connect Upstash to/ }).waitFor();
  expect(await theirs.evaluate(() => window.opener), "the window cannot steer the partner's page").toBeNull();
  const popup = await openWindow(theirs);
  const closed = theirs.waitForEvent("close");
  await logIn(popup);
  await closed;
  const events = await expectEnd(page, partner, "completed", ...types);
  expect(events.at(-1)).toMatchObject({ id: partner.sessions[0], grantId: partner.completions[0]?.id });
  await expect(page.locator("#result")).toHaveText("Connected, database none");
});

test("the database that the user selects comes with the events and the completion", async ({
  page,
  partner,
  sandbox,
}) => {
  partner.ask = { select: "database" };
  await page.goto(partner.origin);
  const theirs = await logInInWindow(page);
  await theirs.getByRole("heading", { name: "Choose a database" }).waitFor();
  await theirs.getByLabel("Name").fill("picked");
  await theirs.getByLabel("Primary region").selectOption("us-east-1");
  await theirs.getByRole("button", { name: "Create database" }).click();
  await theirs.getByRole("button", { name: "Connect database" }).click();
  const events = await expectEnd(page, partner, "completed", "database-selected", ...types);
  const [made] = (await sandbox.account(demo.email)).databases;
  expect(events[0]?.databaseId).toBe(made?.database_id);
  expect(partner.completions[0]).toMatchObject({
    database_id: made?.database_id,
    database_ids: [made?.database_id],
  });
});

test("the user declines", async ({ page, partner }) => {
  await page.goto(partner.origin);
  const width = () => button(page).evaluate((element) => element.getBoundingClientRect().width);
  const before = await width();
  const theirs = await openWindow(page);
  await theirs.getByRole("button", { name: "Decline" }).click();
  await expectEnd(page, partner, "refused", "refused");
  expect(await width(), "the note below leaves the button as it is").toBe(before);
});

test("no window opens: the same tab, and the events after the return @sites", async ({ page, partner }) => {
  await page.addInitScript(() => {
    if (location.hostname === "127.0.0.1") window.open = () => null;
  });
  await page.goto(partner.origin);
  await button(page).click();
  await page.getByRole("heading", { name: /Connect Upstash to/ }).waitFor();
  const popup = await openWindow(page);
  await logIn(popup);
  await page.waitForURL(`${partner.origin}/`);
  await expectEnd(page, partner, "completed", ...types);
});

/** Goes back or forward. Playwright's own calls wait for a load, which a kept page does not have. */
async function travel(page: Page, steps: number): Promise<void> {
  const arrived = page.waitForEvent("framenavigated");
  await page.evaluate((by) => setTimeout(() => history.go(by)), steps);
  await arrived;
}

test("no window opens: the user goes back, then forward, and still finishes", async ({ page, partner }) => {
  await page.addInitScript(() => {
    if (location.hostname === "127.0.0.1") window.open = () => null;
  });
  await page.goto(partner.origin);
  await page.evaluate(() => Object.assign(window, { kept: true }));
  await button(page).click();
  await page.getByRole("heading", { name: /Connect Upstash to/ }).waitFor();
  await travel(page, -1);
  await expectEnd(page, partner, "authenticating", "closed");
  expect(await page.evaluate(() => "kept" in window), "the browser showed the kept page").toBe(true);
  await travel(page, 1);
  await page.getByRole("heading", { name: /Connect Upstash to/ }).waitFor();
  await logIn(await openWindow(page));
  await page.waitForURL(`${partner.origin}/`);
  await expectEnd(page, partner, "completed", "closed", ...types);
});

test("an issuer that isolates its windows changes nothing", async ({ page, partner, sandbox }) => {
  await sandbox.fault({ match: { target: "issuer" }, count: -1, do: { coop: "same-origin" } });
  await page.goto(partner.origin);
  await logInInWindow(page);
  await expectEnd(page, partner, "completed", ...types);
});

test("the window is closed half-way: told, and the next attempt connects", async ({ page, partner }) => {
  await page.goto(partner.origin);
  const theirs = await openWindow(page);
  await theirs.getByRole("heading", { name: /Connect Upstash to/ }).waitFor();
  await theirs.close({ runBeforeUnload: true });
  await expectEnd(page, partner, "authenticating", "closed");
  await logInInWindow(page);
  await expectEnd(page, partner, "completed", "closed", ...types);
});

test("the window is closed half-way, and the user finishes in another tab", async ({ page, partner }) => {
  await page.goto(partner.origin);
  const theirs = await openWindow(page);
  await theirs.getByRole("heading", { name: /Connect Upstash to/ }).waitFor();
  const address = theirs.url();
  await theirs.close({ runBeforeUnload: true });
  await expectEnd(page, partner, "authenticating", "closed");
  const tab = await page.context().newPage();
  await tab.goto(address);
  await logIn(await openWindow(tab));
  await expectEnd(page, partner, "completed", "closed", ...types);
});

test("a window that is closed before anything is there", async ({ page, partner }) => {
  await page.route("**/upstash/connect", async (route) => {
    await page.waitForTimeout(1_000);
    await route.continue();
  });
  await page.goto(partner.origin);
  await (await openWindow(page)).close();
  await expectEnd(page, partner, "open", "closed");
  await logInInWindow(page);
  await expectEnd(page, partner, "completed", "closed", ...types);
});

test("a reload in the window is no departure", async ({ page, partner }) => {
  await page.goto(partner.origin);
  const theirs = await openWindow(page);
  await theirs.getByRole("heading", { name: /Connect Upstash to/ }).waitFor();
  await theirs.reload();
  await theirs.getByRole("heading", { name: /Connect Upstash to/ }).waitFor();
  await page.waitForTimeout(5_000); // longer than a departure takes to count
  expect(await told(page)).toEqual([]);
  const popup = await openWindow(theirs);
  await logIn(popup);
  await expectEnd(page, partner, "completed", ...types);
});

test("a slow reload in the window counts as closed, and the user still finishes", async ({
  page,
  partner,
}) => {
  await page.goto(partner.origin);
  const theirs = await openWindow(page);
  await theirs.getByRole("heading", { name: /Connect Upstash to/ }).waitFor();
  await theirs.route("**/api/v1/transaction", async (route) => {
    await expectTold(page, "closed");
    await route.continue();
  });
  await theirs.reload();
  await theirs.getByRole("heading", { name: /Connect Upstash to/ }).waitFor();
  await logIn(await openWindow(theirs));
  await expectEnd(page, partner, "completed", "closed", ...types);
});

test("the partner's page is reloaded half-way, and hears the end", async ({ page, partner }) => {
  await page.goto(partner.origin);
  const theirs = await openWindow(page);
  await theirs.getByRole("heading", { name: /Connect Upstash to/ }).waitFor();
  await page.reload();
  await expect(page.locator("upstash-connect")).toHaveAttribute("state", "waiting");
  const popup = await openWindow(theirs);
  await logIn(popup);
  await expectEnd(page, partner, "completed", ...types);
});

test("a page with two buttons is reloaded half-way: each event comes once", async ({ page, partner }) => {
  await page.goto(`${partner.origin}/two`);
  const theirs = await openWindow(page, "Connect another");
  await theirs.getByRole("heading", { name: /Connect Upstash to/ }).waitFor();
  await page.reload();
  await expect(page.locator("upstash-connect[state=waiting]")).toHaveCount(1);
  await logIn(await openWindow(theirs));
  await expectEnd(page, partner, "completed", ...types);
  await page.waitForTimeout(5_000); // longer than another button would need to read the state
  await expectEnd(page, partner, "completed", ...types);
});

test("the page renders its button again before its backend answers", async ({ page, partner }) => {
  let answer = () => {};
  const rendered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route("**/upstash/connect", async (route) => {
    await rendered;
    await route.continue();
  });
  await page.goto(partner.origin);
  const theirs = await openWindow(page);
  await page.evaluate(() => {
    const element = document.querySelector("upstash-connect");
    element?.replaceWith(element.cloneNode(true));
  });
  answer();
  await logIn(await openWindow(theirs));
  await expectEnd(page, partner, "completed", ...types);
});

test("two tabs at once: the later invitation wins, and the earlier page learns it", async ({
  page,
  partner,
}) => {
  const second = await page.context().newPage();
  await page.goto(partner.origin);
  await second.goto(partner.origin);
  const first = await openWindow(page);
  await first.getByRole("heading", { name: /Connect Upstash to/ }).waitFor();
  await logInInWindow(second);
  await expectEnd(second, partner, "completed", ...types);
  expect((await expectTold(page, "failed"))[0]?.reason).toBe("expired");
  expect(await partner.state(partner.sessions[0])).toBe("expired");
  await expectUsable(page);
});

test("a tab comes back after the server has deleted its session: told, and the next attempt connects", async ({
  page,
  partner,
}) => {
  await page.goto(partner.origin);
  const theirs = await openWindow(page);
  await theirs.getByRole("heading", { name: /Connect Upstash to/ }).waitFor();
  await page.goto(`${partner.origin}/theme.css`);
  await partner.evict();
  expect(await partner.state(), "the server has no such session").toBeUndefined();
  await page.goto(partner.origin);
  expect(await expectTold(page, "failed")).toEqual([
    { type: "failed", id: partner.sessions[0], reason: "expired" },
  ]);
  await expect(page.locator("upstash-connect[state=failed]")).toHaveCount(1);
  await expectUsable(page);
  await logInInWindow(page);
  await expectEnd(page, partner, "completed", "failed", ...types);
});

test("a return page that an attacker opens tells nothing that is not true", async ({ page, partner }) => {
  await page.goto(partner.origin);
  const theirs = await openWindow(page);
  await theirs.getByRole("heading", { name: /Connect Upstash to/ }).waitFor();
  const forged = await page.context().newPage();
  // Without a code, and with the session of somebody else: the page that waits is only made to look.
  await forged.goto(
    `${partner.origin}/upstash/return?connect_session=${partner.sessions[0]}&error=access_denied`,
  );
  await page.waitForTimeout(2_500);
  expect(await told(page)).toEqual([]);
  expect(await partner.state()).toBe("authenticating");
  // A forged code ends the session: somebody else has a part of it. The page learns exactly that.
  await forged.goto(
    `${partner.origin}/upstash/return?connect_session=${partner.sessions[0]}&code=ucc_forged`,
  );
  expect((await expectEnd(page, partner, "failed", "failed"))[0]?.reason).toBe("mismatch");
  expect(partner.completions).toMatchObject([{ code: "transaction_mismatch" }]);
});

test("a button of one's own hears the same", async ({ page, partner }) => {
  await page.goto(`${partner.origin}/own`);
  const theirs = await openWindow(page, "Connect a database");
  const popup = await openWindow(theirs);
  await logIn(popup);
  await expect(page.locator("#news")).toHaveText("completed", { timeout: 20_000 });
  expect(await partner.state()).toBe("completed");
  await expect(page.getByRole("button", { name: "Connect a database" })).toBeEnabled();
  await expectQuiet(page);
});

test("a route that fails causes an event, and the window is gone", async ({ page, partner }) => {
  partner.ask = { return_url: "https://elsewhere.example/" };
  await page.goto(partner.origin);
  await button(page).click();
  expect((await expectTold(page, "failed"))[0]?.reason).toBe("session");
  expect(partner.sessions, "the server opened no session").toEqual([]);
  await expect.poll(() => page.context().pages().length).toBe(1);
  await expectUsable(page);
});
