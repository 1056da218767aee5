import { expect } from "vitest";
import { EmbedPartner } from "../e2e/embed-partner";
import { inEveryEngine, logIn } from "./harness";
import { Page } from "./page";
import { texts } from "./texts";

inEveryEngine((engineTest) => {
  const test = engineTest.extend<{ partner: EmbedPartner }>({
    partner: async ({ sandbox }, use) => {
      const partner = await EmbedPartner.start(sandbox);
      await use(partner);
      await partner.stop();
    },
  });

  test("the script connects in a window", async ({ browser, partner }) => {
    const page = await Page.open(browser, partner.origin);
    const window = await page.opened("button", texts.partner.button);
    await approve(window);
    await window.seeClosed();
    await seeEnd(page, partner, "completed", "approved", "completed");
    expect(partner.completions).toMatchObject([{ external_id: "user_4711" }]);
    await page.seeText(texts.partner.result);
  });

  test("the window is closed half-way: the button works again", async ({ browser, partner }) => {
    const page = await Page.open(browser, partner.origin);
    const window = await page.opened("button", texts.partner.button);
    await window.see("heading", texts.connect.landing);
    await window.close();
    await seeEnd(page, partner, "authenticating", "closed");
    const second = await page.opened("button", texts.partner.button);
    await approve(second);
    await second.seeClosed();
    await seeEnd(page, partner, "completed", "closed", "approved", "completed");
  });

  test("the browser blocks the window: the same tab", async ({ browser, partner }) => {
    const page = await Page.open(browser, partner.origin);
    await page.pressWithoutUser(texts.partner.button);
    await approve(page);
    await seeEnd(page, partner, "completed", "approved", "completed");
    expect(await page.evaluate("location.href")).toBe(`${partner.origin}/`);
    expect(await browser.tabs()).toHaveLength(1);
  });

  test("the same tab, and the user goes back: the button works again", async ({ browser, partner }) => {
    const page = await Page.open(browser, partner.origin);
    await page.pressWithoutUser(texts.partner.button);
    await page.see("heading", texts.connect.landing);
    await page.goBack();
    await seeEnd(page, partner, "authenticating", "closed");
    const window = await page.opened("button", texts.partner.button);
    await approve(window);
    await window.seeClosed();
    await seeEnd(page, partner, "completed", "closed", "approved", "completed");
  });

  test("the user declines", async ({ browser, partner }) => {
    const page = await Page.open(browser, partner.origin);
    const window = await page.opened("button", texts.partner.button);
    await window.click("button", texts.connect.decline);
    await window.seeClosed();
    await seeEnd(page, partner, "refused", "refused");
  });
});

/** Logs in at the page of the invitation. */
async function approve(invitation: Page): Promise<void> {
  await invitation.see("heading", texts.connect.landing);
  const login = await invitation.opened("button", texts.connect.button);
  await logIn(login);
  await login.seeClosed();
}

/**
 * The page has heard exactly these events, it shows the last, the server has this state of the latest session, and the
 * button can be pressed. The policy of the guide was never violated.
 */
async function seeEnd(page: Page, partner: EmbedPartner, state: string, ...types: string[]): Promise<void> {
  const expected = JSON.stringify(types);
  await page.until(`the events ${expected}`, async () => {
    const told = await page.evaluate<string>("JSON.stringify(window.told?.map(({ type }) => type) ?? [])");
    return told === expected;
  });
  expect(await partner.state()).toBe(state);
  expect(await page.evaluate(`document.querySelector("upstash-connect").getAttribute("state")`)).toBe(
    types.at(-1),
  );
  await page.see("button", texts.partner.button);
  // The policy allows no image, and WebKit counts its request for /favicon.ico. The script has none.
  expect(await page.evaluate(`window.violations.filter((directive) => directive !== "img-src")`)).toEqual([]);
}
