import { outliveListCache } from "../journey";
import { connect } from "./steps";
import type { Area } from "./tour";

const operations = ["vector", "search", "qstash"].flatMap((product) =>
  ["list", "get", "create", "credentials", "stats", "rename", "delete", "reset-password", "rotate-token"]
    .filter((name) => product !== "qstash" || /list|get|credentials|stats|rotate/.test(name))
    .filter((name) => product === "qstash" || name !== "rotate-token")
    .map((name) => `${product}.${name}`),
);

/** Vector, Search and QStash: lists, forms and details. */
export const resources: Area = {
  name: "the other products",
  env: { BFF_ALLOW_OPERATIONS: operations.join(",") },
  async walk(tour) {
    const { page, sandbox, text, look } = tour;
    await connect(tour);
    await page
      .getByRole("link", { name: /QStash|qstash/ })
      .first()
      .waitFor();
    await look(page, "products-empty");

    await page.goto(`${sandbox.app}/vector/new`);
    await page.getByRole("button", { name: text.resources_create({ product: "vector" }) }).click();
    await page.getByText(text.form_name_missing()).first().waitFor();
    await look(page, "vector-create-errors");
    await page.getByRole("textbox", { name: text.form_name(), exact: true }).fill("products");
    await page.getByLabel(text.resources_region(), { exact: true }).selectOption("us-east-1");
    await page.getByLabel(text.resources_embedding_model(), { exact: true }).selectOption("BGE_M3");
    await page.getByRole("button", { name: text.resources_create({ product: "vector" }) }).click();
    await page.getByRole("heading", { level: 1, name: "products" }).waitFor();
    await page.getByRole("button", { name: text.credentials_reveal() }).click();
    await page.getByRole("button", { name: text.credentials_hide(), exact: true }).waitFor();
    await page.getByRole("table").first().waitFor();
    await look(page, "vector");
    await page.getByRole("button", { name: text.resources_rename_open() }).click();
    await page.getByRole("dialog").waitFor();
    await look(page, "vector-rename-dialog");
    await page.keyboard.press("Escape");
    const reset = text.resources_danger_open({ action: text.resources_reset({ product: "vector" }) });
    await page.getByRole("button", { name: reset }).click();
    await page.getByRole("dialog").waitFor();
    await look(page, "vector-reset-dialog");
    await page.keyboard.press("Escape");
    const remove = text.resources_danger_open({ action: text.resources_delete({ product: "vector" }) });
    await page.getByRole("button", { name: remove }).click();
    await page.getByRole("dialog").waitFor();
    await look(page, "vector-delete-dialog");

    await page.goto(`${sandbox.app}/search/new`);
    await page.getByRole("textbox", { name: text.form_name(), exact: true }).fill("articles");
    await page.getByLabel(text.resources_region(), { exact: true }).selectOption("eu-west-1");
    await page.getByLabel(text.resources_plan(), { exact: true }).selectOption("payg");
    await look(page, "search-create");
    await page.getByRole("button", { name: text.resources_create({ product: "search" }) }).click();
    await page.getByRole("heading", { level: 1, name: "articles" }).waitFor();
    await page.getByRole("table").first().waitFor();
    await look(page, "search");

    await page.goto(sandbox.app);
    await page.getByRole("link", { name: "articles" }).waitFor();
    await page.getByRole("link", { name: "products" }).waitFor();
    // Each table has a caption, and buttons that sort it.
    await look(page, "products", { repeats: ["button"] });
    await page.locator('a[href*="/qstash/"]').first().click();
    await page.getByRole("button", { name: text.credentials_reveal() }).waitFor();
    await page.getByRole("table").first().waitFor();
    await look(page, "qstash");

    await page.goto(`${sandbox.app}/search/none-of-this-account`);
    await page.getByRole("alert").waitFor();
    await look(page, "search-not-found");
    await outliveListCache(page);
    const vector = { target: "upstash", path: "/v2/vector/*" } as const;
    await sandbox.fault({ match: vector, count: -1, do: { status: 503, body: "" } });
    await page.goto(sandbox.app);
    await page.getByRole("link", { name: "articles" }).waitFor();
    await page.getByRole("alert").waitFor({ timeout: 30_000 });
    await look(page, "products-outage", { repeats: ["button"] });
  },
};
