import { logIn } from "../journey";
import { heading, openWindow, stay } from "./steps";
import type { Area } from "./tour";

/** What the page shows of a login that does not end in its window, or has no window. */
export const connecting: Area = {
  name: "connecting",
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    const closed = await openWindow(tour);
    await closed.close();
    await page.getByRole("heading", { name: text.connect_window_closed_title() }).waitFor();
    await look(page, "window-seems-closed");

    await page.reload();
    const failed = await openWindow(tour);
    await sandbox.fault({
      match: { target: "issuer", method: "POST", path: "/oauth/token" },
      count: -1,
      do: { status: 403, body: { error: "invalid_grant" } },
    });
    await logIn(failed);
    await page.getByRole("heading", { name: text.connect_failed_title() }).waitFor();
    await failed.close();
    await look(page, "login-failed");
    await sandbox.endFaults();

    await page.context().clearCookies(); // the provider asks who it is again
    await page.clock.install();
    await page.reload();
    await openWindow(tour);
    await page.clock.fastForward("10:01");
    await page.getByRole("heading", { name: text.connect_timed_out_title() }).waitFor();
    await look(page, "login-timed-out");
    await redirected(tour);
  },
};

/** The browser blocks the window, so the login takes the page itself. */
const redirected: Area["walk"] = async ({ page, sandbox, text, look }) => {
  const tab = await page.context().newPage();
  await tab.addInitScript(() => {
    window.open = () => null;
  });
  await stay(tab, "**/connect?*");
  await tab.goto(sandbox.app);
  const connect = tab.getByRole("button", { name: text.connect_button(), exact: true });
  await connect.click();
  await tab.getByText(text.connect_redirecting_reason()).waitFor();
  await look(tab, "window-blocked");

  await tab.unroute("**/connect?*");
  await sandbox.fault({ match: { target: "issuer", path: "/authorize*" }, do: { status: 204 } });
  await tab.goto(sandbox.app);
  await connect.click();
  await heading(tab, text.login_leaving_title());
  await tab.getByText(text.login_leaving_label()).waitFor();
  await look(tab, "leaving-for-login");

  await tab.goto(sandbox.app);
  await connect.click();
  await tab.getByRole("button", { name: "Cancel" }).click();
  await heading(tab, text.login_cancelled_title());
  await look(tab, "login-without-window-cancelled");
};

/** Upstash has registered the application as a client whose login would not come back. */
export const strictThirdParty: Area = {
  name: "a strict third-party client",
  flags: ["--third-party"],
  async walk({ page, sandbox, text, look }) {
    await page.getByRole("button", { name: text.connect_button(), exact: true }).click();
    await page.getByRole("heading", { name: text.connect_third_party_title() }).waitFor();
    await look(page, "third-party-client");
    await page.goto(`${sandbox.app}/connect`);
    await page.getByRole("button", { name: text.login_connect_continue() }).click();
    await heading(page, text.connect_third_party_title());
    await look(page, "window-third-party-client");
  },
};
