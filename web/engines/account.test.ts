import { expect } from "vitest";
import { connect, demo, inEveryEngine, logIn, seeConnected } from "./harness";
import { Page } from "./page";
import { texts } from "./texts";

/** What one connect, and the list after it, call upstream. */
const firstConnect = ["POST /apikey 200", "GET /v2/redis/databases 200"];

inEveryEngine((test) => {
  test("connect in a window", async ({ browser, sandbox }) => {
    const page = await Page.open(browser, sandbox.app);
    await page.see("heading", texts.connect.landing);
    const popup = await page.opened("button", texts.connect.button);
    await logIn(popup);
    await seeConnected(page);
    await popup.seeClosed();
    expect(await stored(page)).not.toMatch(token);
    expect(await sandbox.journal()).toEqual(firstConnect);
  });

  test("connect when the browser blocks the window: the page redirects", async ({ browser, sandbox }) => {
    const page = await Page.open(browser, sandbox.app);
    await page.pressWithoutUser(texts.connect.button);
    await logIn(page);
    await seeConnected(page);
    expect(await page.evaluate("location.href")).toBe(`${sandbox.app}/`);
    expect(await stored(page)).not.toMatch(token);
    expect(await browser.tabs()).toHaveLength(1);
    expect(await sandbox.journal()).toEqual(firstConnect);
  });

  test("create a database, reveal its credentials, disconnect", async ({ browser, sandbox }) => {
    const { databases, account } = texts;
    const page = await connect(browser, sandbox);
    await page.click("link", databases.first);
    await page.fill(databases.name, "orders");
    await page.choose(databases.region, "us-east-1");
    await page.click("button", databases.create);
    await page.click("link", "orders");

    await page.click("button", databases.reveal);
    await page.see("button", databases.show);
    const { databases: made, keys } = await sandbox.account(demo.email);
    const password = String(made[0]?.password);
    expect(await page.text(), "no secret is shown before the user asks").not.toContain(password);
    await page.click("button", databases.show);
    await page.seeText(password);

    await page.click("button", account.menu(demo.email));
    await page.click("menuitem", account.disconnect);
    await page.see("dialog", account.dialog(demo.email));
    await page.seeText(String(keys[0]?.name));
    await page.click("button", account.confirm);
    await page.see("heading", account.disconnected);
    await page.seeText(String(keys[0]?.name));
    expect(await page.text()).not.toContain(password);

    await page.goto(sandbox.app);
    await page.see("button", texts.connect.button);
    expect((await sandbox.account(demo.email)).databases, "the database stays").toHaveLength(1);
  });
});

/** A JSON Web Token. */
const token = /eyJ[\w-]+\.eyJ/;

const stored = (page: Page): Promise<string> =>
  page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])");
