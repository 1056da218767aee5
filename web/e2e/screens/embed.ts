import { EmbedPartner } from "../embed-partner";
import { logIn, openWindow } from "../journey";
import type { Area } from "./tour";

/** A partner's page with the button of the embed script, whose notes are in English. */
export const embed: Area = {
  name: "the button on a partner's page",
  languages: ["en"],
  async walk({ page, sandbox, text, look }) {
    const partner = await EmbedPartner.start(sandbox);
    const state = (name: string) => page.locator(`upstash-connect[state=${name}]`).waitFor();
    const press = async () => {
      const theirs = await openWindow(page);
      await theirs.getByRole("button", { name: text.consent_connect(), exact: true }).waitFor();
      return theirs;
    };
    await page.goto(partner.origin);
    await page.getByRole("button", { name: "Connect Upstash" }).waitFor();
    await look(page, "embed-button");

    const left = await press();
    await look(page, "embed-waiting");
    await left.close({ runBeforeUnload: true });
    await state("closed");
    await look(page, "embed-closed");

    const declined = await press();
    await declined.getByRole("button", { name: text.consent_decline(), exact: true }).click();
    await state("refused");
    await look(page, "embed-refused");

    partner.ask = { return_url: "https://elsewhere.example/" };
    await page.getByRole("button", { name: "Connect Upstash" }).click();
    await state("failed");
    await look(page, "embed-failed");
    partner.ask = {};

    // The partner's backend takes its time, as it may: nothing else keeps this state on the page.
    let complete = () => {};
    const completing = new Promise<void>((resolve) => {
      complete = resolve;
    });
    await page.context().route(`${partner.origin}/upstash/return**`, async (route) => {
      await completing;
      await route.continue();
    });
    const theirs = await press();
    await logIn(await openWindow(theirs));
    await state("approved");
    await look(page, "embed-approved");
    complete();
    await state("completed");
    await page.getByText("Connected, database none").waitFor();
    await look(page, "embed-completed");
    await partner.stop();
  },
};
