import { orbit } from "../orbit";
import { Partner } from "../partner";
import { databases, serveDatabases } from "./bodies";
import { connect, heading } from "./steps";
import type { Area } from "./tour";

/** The main screens with a partner's name, logo, colour and links. */
export const brand: Area = {
  name: "the brand of a partner",
  env: orbit,
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    await page.getByRole("button", { name: text.connect_button() }).waitFor();
    await look(page, "brand-landing");
    await page.goto(`${sandbox.app}/connect`);
    await page.getByRole("button", { name: text.login_connect_continue() }).waitFor();
    await look(page, "brand-window");
    const house = await Partner.ofTheHouse(sandbox);
    await page.goto(await house.invite("ada-4711"));
    await page.getByRole("button", { name: text.consent_connect(), exact: true }).waitFor();
    await look(page, "brand-asks");
    await house.stop();
    await page.goto(sandbox.app.replace("localhost", "127.0.0.1"));
    await page.getByText("misdirected_request").waitFor();
    await look(page, "brand-misdirected");

    await page.goto(sandbox.app);
    const three = databases(3);
    await serveDatabases(sandbox, three);
    await connect(tour);
    await look(page, "brand-list");
    await page.goto(`${sandbox.app}/databases/${three[0]?.database_id}`);
    await page.getByRole("button", { name: text.credentials_reveal() }).waitFor();
    await look(page, "brand-database");
  },
};

/** The documents of the API in the brand of a partner. They are in English. */
export const brandDocuments: Area = {
  name: "the API reference in the brand of a partner",
  languages: ["en"],
  env: orbit,
  async walk({ page, sandbox, look }) {
    await page.goto(`${sandbox.app}/api/v1/docs`);
    await heading(page, "API reference");
    await look(page, "brand-reference", { repeats: ["button"] });
    await page.goto(`${sandbox.app}/api/v1/problems/reconnect_required`);
    await heading(page, "Reconnect the account");
    await look(page, "brand-problem");
  },
};
