import type { Page } from "@playwright/test";
import { demo, logIn, outliveListCache, pressToClose } from "../journey";
import { Partner } from "../partner";
import { connect, heading, openMenu } from "./steps";
import type { Area, Tour } from "./tour";

const user = "ada-4711";
const other = { ...demo, email: "other@example.com" };

/** Logs in one of the service's users there, and opens their invitation. */
async function invited(page: Page, shop: Partner, invitee = user): Promise<void> {
  await page.goto(`${shop.origin}/?user=${invitee}`);
  await page.goto(await shop.invite(invitee));
  await page.getByRole("heading", { level: 1 }).waitFor();
}

/** Continues as the account that is connected, up to the consent. */
async function continueAs({ page, text }: Tour, email: string): Promise<void> {
  await page.getByRole("button", { name: text.consent_continue_as({ email }) }).click();
  await page.getByRole("button", { name: text.consent_allow(), exact: true }).waitFor();
}

/** An invitation that cannot be opened at first, and the way back to the service. */
export const invitation: Area = {
  name: "an invitation on its way",
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    const shop = await Partner.registered(sandbox, "shop", "The Shop");
    await connect(tour);
    const transaction = "**/api/v1/transaction";
    await page.route(transaction, (route) => route.abort());
    await page.goto(await shop.invite(user));
    await heading(page, text.consent_not_opened_title());
    await look(page, "consent-not-opened");
    await page.unroute(transaction);
    await page.getByRole("button", { name: text.problem_retry() }).click();

    await continueAs(tour, demo.email);
    // To an answer without content the browser stays where it is, as it does while a service takes its time.
    await page.route(`${shop.origin}/upstash/return**`, (route) => route.fulfill({ status: 204 }));
    await page.getByRole("button", { name: text.consent_allow(), exact: true }).click();
    await page.getByText(new URL(shop.origin).host.replace(/\d+$/, "8080")).waitFor();
    await look(page, "consent-leaving");
    await shop.stop();
  },
};

/** Why a service's user is asked for the account once more. */
export const doubts: Area = {
  name: "doubts about an account",
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    const shop = await Partner.registered(sandbox, "shop", "The Shop");
    await sandbox.makeAccount(other);
    await connect(tour);
    const allow = page.getByRole("button", { name: text.consent_allow(), exact: true });
    await invited(page, shop);
    await continueAs(tour, demo.email);
    const tab = await page.context().newPage();
    await invited(tab, shop, "bob-1");
    await allow.click();
    await page.getByText(text.consent_doubt_other_request()).waitFor();
    await look(page, "consent-other-request");

    await continueAs(tour, demo.email);
    await tab.goto(sandbox.app);
    const opened = tab.waitForEvent("popup");
    await openMenu({ ...tour, page: tab }, text.account_menu_another());
    await logIn(await opened, other);
    await tab.getByText(other.email).first().waitFor();
    await allow.click();
    await page.getByText(text.consent_doubt_account_changed()).waitFor();
    await look(page, "consent-account-changed");

    shop.ask = { select: "database" };
    await invited(page, shop, "carol-2");
    await continueAs(tour, other.email);
    const [key] = (await sandbox.account(other.email)).keys;
    await sandbox.deleteKey(other.email, key?.name ?? "");
    await outliveListCache(page);
    await allow.click();
    await page.getByText(text.consent_doubt_key_refused()).waitFor();
    await look(page, "consent-key-refused");
    await shop.stop();
  },
};

/** A service whose access is paused asks for a login, and gets one of another account. */
export const reconnect: Area = {
  name: "a service asks again",
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    const shop = await Partner.registered(sandbox, "shop", "The Shop");
    await sandbox.makeAccount(other);
    await connect(tour);
    await invited(page, shop);
    await continueAs(tour, demo.email);
    await page.getByRole("button", { name: text.consent_allow(), exact: true }).click();
    await page.getByRole("heading", { name: /^Connected as/ }).waitFor();
    const [key] = (await sandbox.account(demo.email)).keys;
    await sandbox.deleteKey(demo.email, key?.name ?? "");
    await outliveListCache(page);
    await shop.call("GET", "/databases", { user }); // Upstash rejects the key, which pauses the grant
    const { grants } = (await shop.call("GET", `/grants?external_id=${user}`)).body;

    shop.ask = { reconnect: grants[0].id };
    await invited(page, shop);
    await heading(page, text.consent_asks_again_title({ service: "The Shop" }));
    await look(page, "consent-asks-again");
    const opened = page.waitForEvent("popup");
    await page.getByRole("button", { name: text.consent_log_in_again(), exact: true }).click();
    const popup = await opened;
    await logIn(popup, other);
    await pressToClose(popup, text.login_mismatch_switch({ email: other.email }));
    await page.getByText(text.consent_doubt_other_account()).waitFor();
    await look(page, "consent-other-account");
    await shop.stop();
  },
};
