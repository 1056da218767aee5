import type { Page } from "@playwright/test";
import { Example } from "../example";
import { demo, logIn, openWindow, outliveListCache } from "../journey";
import { heading } from "./steps";
import type { Area, Tour } from "./tour";

/** The page of the worked partner (examples/partner), which is in English. */
export const examplePartner: Area = {
  name: "the worked partner",
  languages: ["en"],
  async walk(tour) {
    const example = await Example.start();
    try {
      await connectThere(tour, example);
      await loseThere(tour, example);
    } finally {
      await example.stop();
    }
  },
};

const connected = (page: Page) => page.getByText("used by your app").waitFor();

async function connectThere({ page, text, look }: Tour, example: Example): Promise<void> {
  await page.goto(example.partner);
  await heading(page, "Small apps, always on");
  await look(page, "example-login");
  await page.getByRole("button", { name: "Log in as Ada Lovelace" }).click();
  await page.getByText("Not connected").waitFor();
  await look(page, "example-not-connected");

  const theirs = await openWindow(page);
  await logIn(await openWindow(theirs));
  await theirs.getByRole("textbox", { name: text.form_name(), exact: true }).fill("tides");
  await theirs.getByLabel(text.database_primary_region()).selectOption("us-east-1");
  await theirs.getByRole("button", { name: text.database_create(), exact: true }).click();
  await theirs.getByRole("button", { name: text.databases_picker_connect(), exact: true }).click();
  await connected(page);
  await page.getByText("database.selected").waitFor();
  await page.reload();
  await look(page, "example-connected");

  // Somebody else's invitation, which was forwarded.
  const body = { external_id: "user_1002", return_url: `${example.partner}/upstash/return` };
  await page.goto((await (await example.call("POST", "/connect-sessions", body)).json()).url);
  await page.getByRole("button", { name: text.consent_continue_as({ email: demo.email }) }).click();
  await heading(page, "This was not for you");
  await look(page, "example-not-for-you");
}

async function loseThere({ page, look }: Tour, example: Example): Promise<void> {
  await outliveListCache(page);
  const match = { target: "upstash", path: "/v2/*" };
  await page.request.post(`${example.control}/faults`, {
    data: { match, count: -1, do: { status: 503, body: "" } },
  });
  await page.goto(example.partner);
  await page.getByText("Not reachable").waitFor({ timeout: 30_000 });
  await look(page, "example-not-reachable");
  await page.request.delete(`${example.control}/faults`);

  await example.deleteKeys(demo.email);
  await page.reload();
  await page.getByText("grant.paused").waitFor();
  await page.reload();
  await page.getByText("Paused", { exact: true }).first().waitFor();
  await look(page, "example-paused");
  await example.call("DELETE", `/grants/${await grantOf(example)}`);
  await page.getByText("grant.revoked").waitFor();
  await page.reload();
  await page.getByText("Disconnected", { exact: true }).first().waitFor();
  await look(page, "example-disconnected");
}

async function grantOf(example: Example): Promise<string> {
  const { grants } = await (await example.call("GET", "/grants?external_id=user_1001")).json();
  return grants[0].id;
}
