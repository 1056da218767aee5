import { logIn } from "../journey";
import { heading, hold, openWindow, pressToOpen } from "./steps";
import type { Area } from "./tour";

const session = "**/api/v1/session";

/** The login window while it waits, and when Upstash, the server or the network fails. */
export const windowFailures: Area = {
  name: "a login window that fails",
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    const context = page.context();
    const popup = await openWindow(tour);
    const again = () => popup.getByRole("button", { name: text.login_start_again() }).click();
    const token = { target: "issuer", method: "POST", path: "/oauth/token" } as const;
    await sandbox.fault({
      match: token,
      count: -1,
      do: { status: 403, body: { error: "unauthorized_client" } },
    });
    await logIn(popup);
    await heading(popup, text.login_refused_title());
    await look(popup, "window-login-refused");
    await sandbox.endFaults();
    await sandbox.fault({ match: token, count: -1, do: { drop: "before_commit" } });
    await again();
    await heading(popup, text.login_unreachable_title());
    await look(popup, "window-login-unreachable");
    await sandbox.endFaults();

    // Two servers bring this about: one waits while the other connects the account.
    await context.route(session, (route) =>
      route.request().method() !== "POST"
        ? route.fallback()
        : route.fulfill({
            status: 409,
            contentType: "application/problem+json",
            headers: { "Retry-After": "300" },
            body: JSON.stringify({ code: "connect_in_progress", status: 409, title: "In progress" }),
          }),
    );
    await again();
    await heading(popup, text.login_waiting_title());
    await look(popup, "window-waits-for-another");
    await context.unroute(session);
    // The server waits 15 s for Upstash at most, and the checks may need more.
    await hold(context, session, "POST");
    await popup.close();
    const second = await openAgain(tour);
    await heading(second, text.login_working_title());
    await second.getByText(text.login_working_label(), { exact: true }).waitFor();
    await look(second, "window-connects");
    await second.close();

    await context.route("**/api/v1/config", (route) => route.abort());
    const third = await openAgain(tour);
    await heading(third, text.login_not_started_title());
    await look(third, "window-not-started");
    await third.close();

    await context.route("**/assets/login-window-*.js", (route) => route.abort());
    const fourth = await openAgain(tour);
    await heading(fourth, text.page_not_loaded_title());
    await look(fourth, "window-not-loaded");
  },
};

/** Opens another login window, in which the identity provider already knows the user. */
function openAgain(tour: Parameters<Area["walk"]>[0]) {
  return pressToOpen(tour, tour.text.connect_start_again());
}
