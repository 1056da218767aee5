import { heading } from "./steps";
import type { Area } from "./tour";

/** The documents of the API, which are in English. */
export const documents: Area = {
  name: "the API reference",
  languages: ["en"],
  async walk({ page, sandbox, look }) {
    await page.goto(`${sandbox.app}/api/v1/docs`);
    await heading(page, "API reference");
    await look(page, "reference", { repeats: ["button"] });
    await page.goto("about:blank");
    await page.goto(`${sandbox.app}/api/v1/docs#createDatabase`);
    await page.getByText("Creates one Redis database.").waitFor();
    await look(page, "reference-of-a-call", { repeats: ["button"] });
    await page.goto(`${sandbox.app}/api/v1/problems`);
    await heading(page, "Problems");
    await look(page, "problems");
    await page.goto(`${sandbox.app}/api/v1/problems/reconnect_required`);
    await heading(page, "Reconnect the account");
    await look(page, "problem");
    await page.goto(sandbox.app.replace("localhost", "127.0.0.1"));
    await heading(page, "Wrong host for this server");
    await look(page, "misdirected");
  },
};
