import { connect, heading, hold } from "./steps";
import type { Area } from "./tour";

const session = "**/api/v1/session?*";

/** The page before it knows the session, and when the server or the page itself fails. */
export const pageItself: Area = {
  name: "the page itself",
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    await hold(page, session);
    await page.goto(sandbox.app);
    await page.getByText(text.app_loading(), { exact: true }).waitFor();
    await look(page, "page-loads");
    await page.unroute(session);
    await page.route(session, (route) => route.abort());
    await page.reload();
    await heading(page, text.app_not_loaded_title());
    await look(page, "server-unreachable");
    await page.unroute(session);

    await page.reload();
    await connect(tour);
    // A response without a member that the page needs: its own code fails on it.
    await page.route(session, async (route) => {
      const response = await route.fetch();
      const body = await response.json();
      delete body.connection.leftover_keys;
      await route.fulfill({ response, json: body });
    });
    await page.reload();
    await heading(page, text.app_crashed_title());
    await look(page, "page-crashed");
    await page.unroute(session);

    await page.route("**/assets/connected-app-*.js", (route) => route.abort());
    await page.reload();
    await heading(page, text.page_not_loaded_title());
    await look(page, "page-not-loaded");
  },
};
