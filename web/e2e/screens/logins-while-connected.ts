import { databases, serveDatabases } from "./bodies";
import { connect, heading, openMenu, pressToOpen, requireFreshLogin } from "./steps";
import type { Area } from "./tour";

/** Logins of an account that is connected, or was: beside its pages, in a dialog, and after the end of the session. */
export const loginsWhileConnected: Area = {
  name: "logins while connected",
  env: { BFF_ALLOW_OPERATIONS: "redis.delete" },
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    await connect(tour);
    const three = databases(3);
    await serveDatabases(sandbox, three);
    // The provider shows nothing, so each login stays open.
    await sandbox.fault({
      match: { target: "issuer", path: "/authorize*" },
      count: -1,
      do: { status: 204 },
    });
    await page.reload();
    await page.getByRole("link", { name: "orders-production", exact: true }).waitFor();
    const opened = page.waitForEvent("popup");
    await openMenu(tour, text.account_menu_another());
    await page.getByRole("heading", { name: text.connect_waiting_title() }).waitFor();
    await look(page, "another-account-waits");
    await (await opened).close();

    await page.goto(`${sandbox.app}/databases/${three[0]?.database_id}`);
    await page.getByRole("button", { name: text.database_open_delete() }).click();
    const dialog = page.getByRole("dialog");
    await requireFreshLogin(page);
    await dialog.getByRole("textbox").fill("orders-production");
    await dialog.getByRole("button", { name: text.database_delete(), exact: true }).click();
    const popup = await pressToOpen(tour, text.connect_fresh_login_button());
    await page.getByRole("heading", { name: text.connect_waiting_title() }).waitFor();
    await look(page, "login-dialog-waits");
    await popup.close();
    await page.getByRole("heading", { name: text.connect_window_closed_title() }).waitFor();
    await look(page, "login-dialog-window-closed");

    await page.goto(sandbox.app);
    await page.getByRole("link", { name: "orders-production", exact: true }).waitFor();
    await page.context().clearCookies({ name: /session/ });
    await page.getByRole("link", { name: "sessions", exact: true }).click();
    await heading(page, text.connect_ended_title());
    await pressToOpen(tour, text.connect_ended_button());
    await page.getByRole("heading", { name: text.connect_waiting_title() }).waitFor();
    await look(page, "session-ended-waits");
  },
};
