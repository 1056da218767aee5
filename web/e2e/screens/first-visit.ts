import { demo, logIn, pressToClose } from "../journey";
import { expectList, heading, openMenu, openWindow, stopClock } from "./steps";
import type { Area } from "./tour";

/** From the landing page through the login window to an empty list. */
export const firstVisit: Area = {
  name: "a first visit",
  async walk(tour) {
    const { page, text, look } = tour;
    await page.getByRole("button", { name: text.connect_button() }).waitFor();
    await look(page, "landing");

    const popup = await openWindow(tour);
    await look(page, "waiting");
    await popup.getByRole("button", { name: "Cancel" }).click();
    await popup.getByRole("heading", { name: text.login_cancelled_title() }).waitFor();
    await look(popup, "window-cancelled");
    await page.getByText(text.connect_cancelled_title()).waitFor();
    await look(page, "cancelled");

    // The page closes the window automatically; this one stays for its picture.
    await popup.addInitScript(() => {
      window.close = () => undefined;
    });
    await popup.getByRole("button", { name: text.login_try_again() }).click();
    await logIn(popup);
    await popup.getByRole("heading", { name: text.login_connected_title() }).waitFor();
    await look(popup, "window-connected");
    await popup.close();
    await page.getByRole("heading", { name: text.databases_empty_heading() }).waitFor();
    await look(page, "list-of-0");
    await openMenu(tour);
    await look(page, "account-menu");
    await page.keyboard.press("Escape");
  },
};

/** What the login window shows when something is different from what it expects. */
export const loginWindow: Area = {
  name: "the login window",
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    await page.goto(`${sandbox.app}/callback?code=x&state=y`);
    await heading(page, text.login_stale_title());
    await look(page, "window-unknown-login");
    await page.goto(`${sandbox.app}/connect`);
    await page.getByRole("button", { name: text.login_connect_continue() }).waitFor();
    await look(page, "window-asks-first");

    // Opened before the browser is connected: from then on the provider knows the user and asks for no login.
    const other = { ...demo, email: "other@example.com" };
    await sandbox.makeAccount(other);
    const tab = await page.context().newPage();
    await tab.goto(sandbox.app);
    const second = await openWindow({ ...tour, page: tab });

    await page.goto(sandbox.app);
    const popup = await openWindow(tour);
    await sandbox.fault({
      match: { target: "upstash", method: "POST", path: "/apikey" },
      count: -1,
      do: { status: 503, body: "down" },
    });
    await stopClock(page);
    await logIn(popup);
    await popup.getByRole("button", { name: text.login_try_again() }).waitFor();
    await look(popup, "window-outage");
    await page.clock.resume();
    await sandbox.endFaults();
    await pressToClose(popup, text.login_try_again());
    await expectList(tour);
    await logIn(second, other);
    await heading(second, text.login_mismatch_title());
    await look(second, "window-other-account");
  },
};
