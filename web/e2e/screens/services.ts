import { demo, logIn, outliveListCache } from "../journey";
import { Partner } from "../partner";
import { databases, serveDatabases } from "./bodies";
import { fillDatabase, heading, openMenu, openWindow } from "./steps";
import type { Area } from "./tour";

const user = "ada-4711";

/** A service asks, the user allows, and later sees and takes back what was allowed. */
export const services: Area = {
  name: "a service and the account",
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    const shop = await Partner.registered(sandbox, "shop", "The Shop");
    const house = await Partner.ofTheHouse(sandbox);
    shop.ask = { display_name: "Ada at the Shop", max_databases: 5 };
    await page.goto(await house.invite(user));
    await page.getByRole("button", { name: text.consent_connect(), exact: true }).waitFor();
    await look(page, "built-in-asks");
    const invitation = await shop.invite(user);
    await page.goto("about:blank");
    await page.goto(invitation);
    await heading(page, text.consent_asks_title({ service: "The Shop" }));
    await look(page, "service-asks");
    const popup = await openWindow(tour);
    await look(page, "service-waits");
    const closed = popup.waitForEvent("close");
    await logIn(popup);
    await closed;
    await page.getByRole("button", { name: text.consent_allow(), exact: true }).waitFor();
    await look(page, "consent");
    await page.getByRole("textbox").fill("9");
    await page.getByRole("button", { name: text.consent_allow(), exact: true }).click();
    await page.getByRole("alert").waitFor();
    await look(page, "consent-error");
    await page.getByRole("button", { name: text.consent_choose_account() }).click();
    const offer = page.getByRole("button", { name: text.consent_continue_as({ email: demo.email }) });
    await offer.waitFor();
    await look(page, "account-offered");
    await offer.click();

    await page.goto(`${shop.origin}/?user=${user}`);
    await page.getByRole("button", { name: "Connect Upstash", exact: true }).click();
    await offer.click();
    await page.getByRole("button", { name: text.consent_allow(), exact: true }).click();
    await page.getByRole("heading", { name: "Connected" }).waitFor();
    await shop.call("POST", "/databases", { user, body: { name: "orders", primary_region: "us-east-1" } });

    await page.goto(invitation);
    await heading(page, text.consent_expired_title());
    await look(page, "invitation-expired");
    await page.goto(`${sandbox.app}/account`);
    await page.getByRole("table").waitFor();
    await page.locator("summary").first().click();
    await look(page, "account");
    await page.getByRole("button", { name: text.access_reduce_of({ name: "The Shop" }) }).click();
    await page.getByRole("dialog").waitFor();
    await look(page, "reduce-dialog");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: text.access_revoke_of({ name: "The Shop" }) }).click();
    await page.getByRole("dialog", { name: text.access_revoke_title({ name: "The Shop" }) }).waitFor();
    await look(page, "revoke-dialog");
    await page.keyboard.press("Escape");
    await openMenu(tour, text.account_menu_disconnect());
    await page.getByRole("dialog").waitFor();
    await look(page, "disconnect-with-service-dialog");
    await shop.stop();
    await house.stop();
  },
};

/** Disconnecting, and the key that it leaves at Upstash. */
export const disconnecting: Area = {
  name: "disconnecting",
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    const popup = await openWindow(tour);
    await logIn(popup);
    await page.getByRole("heading", { name: text.databases_empty_heading() }).waitFor();
    await page.goto(`${sandbox.app}/account`);
    await page.getByRole("table").waitFor();
    await look(page, "account-without-service");
    await openMenu(tour, text.account_menu_disconnect());
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    await look(page, "disconnect-dialog");
    await dialog.getByRole("button", { name: text.account_disconnect_button(), exact: true }).click();
    await heading(page, text.account_disconnected_title());
    await look(page, "disconnected");
    await page.getByRole("button", { name: text.account_back_to_start() }).click();
    await page.getByRole("button", { name: text.connect_button() }).waitFor();
    await look(page, "landing-after-disconnect");
    await logIn(await openWindow(tour));
    await page.getByText(text.account_leftover_title({ count: 1 })).click();
    await look(page, "leftover-keys");
  },
};

/** A service asks its user for one database. */
export const picker: Area = {
  name: "the picker of a database",
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    const house = await Partner.ofTheHouse(sandbox);
    house.ask = { select: "database" };
    await page.goto(await house.invite(user));
    const popup = await openWindow(tour);
    const closed = popup.waitForEvent("close");
    await logIn(popup);
    await closed;
    await page.getByRole("heading", { name: text.databases_create_first() }).waitFor();
    await look(page, "picker-of-0");
    await page.getByRole("button", { name: text.databases_picker_decline(), exact: true }).click();

    for (const count of [3, 50]) {
      await outliveListCache(page);
      await serveDatabases(sandbox, databases(count));
      await page.goto("about:blank");
      await page.goto(await house.invite(`ada-${count}`));
      await page.getByRole("button", { name: text.consent_continue_as({ email: demo.email }) }).click();
      if (count === 3) {
        await page.getByRole("button", { name: text.databases_picker_connect(), exact: true }).click();
        await page.getByRole("alert").waitFor();
        await look(page, "picker-nothing-chosen");
      }
      await page
        .getByRole("radio", { name: /sessions/ })
        .first()
        .check();
      await look(page, `picker-of-${count}`);
    }
    await page.getByRole("searchbox").fill("nothing like it");
    await page.getByRole("button", { name: text.databases_picker_create() }).click();
    await look(page, "picker-creates");
    await page.context().clearCookies({ name: /session/ });
    await fillDatabase(tour, "fresh");
    await page.getByRole("button", { name: text.database_create(), exact: true }).click();
    await page.getByRole("alert").waitFor();
    await look(page, "picker-session-ended");
    await house.stop();
  },
};
