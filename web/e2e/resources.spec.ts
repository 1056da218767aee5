import { connect, logIn } from "./journey";
import { expect, test } from "./test";

const named = [
  ...["list", "get", "create", "credentials", "stats"].flatMap((call) => [
    `vector.${call}`,
    `search.${call}`,
  ]),
  ...["list", "get", "credentials", "stats"].map((call) => `qstash.${call}`),
];
const guarded = [
  "vector.rename",
  "vector.delete",
  "vector.reset-password",
  "search.rename",
  "search.delete",
  "search.reset-password",
  "qstash.rotate-token",
];

test.describe("with the other products open", () => {
  test.use({ env: { BFF_ALLOW_OPERATIONS: [...named, ...guarded].join(",") } });

  test("a Vector index is created, read, renamed, reset and deleted", async ({ page, sandbox }) => {
    test.setTimeout(180_000);
    await connect(page);
    await expect(page.getByRole("heading", { level: 2, name: /^(Redis|Vector|Search|QStash)/ })).toHaveText([
      "Redis 0",
      "Vector 0",
      "Search 0",
      "QStash 1",
    ]);

    await page.getByRole("link", { name: "New Vector index" }).click();
    await page.getByRole("button", { name: "Create Vector index" }).click();
    await page.getByRole("link", { name: "Name: Enter a name." }).click();
    await expect(page.getByLabel("Name")).toBeFocused();
    await page.getByLabel("Name").fill("products");
    await page.getByLabel("Region").selectOption("us-east-1");
    await page.getByLabel("Embedding model", { exact: true }).selectOption("BGE_M3");
    await expect(page.getByLabel("Dimensions")).toHaveValue("1024");
    await page.getByRole("button", { name: "Create Vector index" }).click();

    await expect(page.getByRole("heading", { level: 1, name: "products" })).toBeVisible();
    await expect(page.getByText("BGE M3")).toBeVisible();
    await page.getByRole("button", { name: "Reveal credentials" }).click();
    const snippet = page.getByRole("region", { name: ".env snippet" });
    await expect(snippet).toContainText(/UPSTASH_VECTOR_REST_URL=https:\/\/[\w-]+-vector\.upstash\.io/);
    await expect(snippet).toContainText("UPSTASH_VECTOR_REST_TOKEN=••••");
    await expect(page.getByRole("table", { name: "Usage" })).toBeVisible();

    await page.getByRole("button", { name: "Rename…" }).click();
    await page.getByLabel("New name").fill("catalogue");
    await page.getByRole("button", { name: "Rename", exact: true }).click();
    // The server reads the index before and after the change.
    await expect(page.getByRole("heading", { level: 1, name: "catalogue" })).toBeVisible({ timeout: 30_000 });

    await page.getByRole("button", { name: "Reset the tokens…" }).click();
    await page.getByRole("textbox").fill("catalogue");
    await page.getByRole("button", { name: "Reset the tokens", exact: true }).click();
    await expect(page.getByRole("button", { name: "Reveal credentials" })).toBeVisible();

    await page.getByRole("button", { name: "Delete this Vector index…" }).click();
    await page.getByRole("textbox").fill("catalogue");
    await page.getByRole("button", { name: "Delete this Vector index", exact: true }).click();
    await expect(page.getByRole("heading", { level: 2, name: "Vector 0" })).toBeVisible();
    expect((await sandbox.journal()).filter((call) => call.startsWith("DELETE"))).toHaveLength(1);
  });

  test("a Search index and the QStash of the account", async ({ page }) => {
    test.setTimeout(180_000);
    await connect(page);
    await page.getByRole("link", { name: "New Search index" }).click();
    await page.getByLabel("Name").fill("articles");
    await page.getByLabel("Region").selectOption("eu-west-1");
    await page.getByLabel("Plan").selectOption("payg");
    await page.getByRole("button", { name: "Create Search index" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "articles" })).toBeVisible();

    await page.getByRole("link", { name: "Databases" }).click();
    await expect(page.getByRole("link", { name: "articles" })).toBeVisible();
    await page.getByRole("link", { name: "QStash eu-central-1" }).click();
    await page.getByRole("button", { name: "Reveal credentials" }).click();
    await page.getByRole("button", { name: "Show Token", exact: true }).click();
    const before = await page.getByRole("definition").filter({ hasText: "Hide" }).innerText();

    await page.getByRole("button", { name: "Rotate the tokens…" }).click();
    const id = page.url().split("/").at(-1) ?? "";
    await page.getByRole("textbox").fill(id);
    await page.getByRole("button", { name: "Rotate the tokens", exact: true }).click();
    await page.getByRole("button", { name: "Reveal credentials" }).click();
    await page.getByRole("button", { name: "Show Token", exact: true }).click();
    const after = await page.getByRole("definition").filter({ hasText: "Hide" }).innerText();
    expect(after).not.toBe(before);

    await page.goto(new URL("/account", page.url()).href);
    await expect(page.getByText("Rotated the tokens of a QStash")).toBeVisible();
    await expect(page.getByText("Created a Search index")).toBeVisible();
  });
});

test.describe("with an older login", () => {
  test.use({ env: { BFF_ALLOW_OPERATIONS: "vector.list,vector.get,vector.create,vector.delete" } });

  test("deleting asks for a login first, and is done after it", async ({ page }) => {
    test.setTimeout(120_000);
    await connect(page);
    await page.getByRole("link", { name: "New Vector index" }).click();
    await page.getByLabel("Name").fill("old");
    await page.getByLabel("Region").selectOption("eu-west-1");
    await page.getByLabel("Dimensions").fill("3");
    await page.getByRole("button", { name: "Create Vector index" }).click();
    let first = true;
    await page.route("**/api/v1/vector/indexes/*", async (route) => {
      if (route.request().method() !== "DELETE" || !first) return route.continue();
      first = false;
      // What the server answers ten minutes after the login.
      return route.fulfill({
        status: 401,
        contentType: "application/problem+json",
        body: JSON.stringify({ code: "fresh_login_required", status: 401, title: "Log in again" }),
      });
    });
    await page.getByRole("button", { name: "Delete this Vector index…" }).click();
    await page.getByRole("textbox").fill("old");
    await page.getByRole("button", { name: "Delete this Vector index", exact: true }).click();
    await expect(page.getByRole("dialog", { name: "Log in again to continue" })).toBeVisible();
    const popup = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Log in", exact: true }).click();
    await logIn(await popup);
    await expect(page.getByRole("heading", { level: 2, name: "Vector 0" })).toBeVisible();
  });
});

test("with the default operations the page has no sections, and asks for no other product", async ({
  page,
}) => {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await connect(page);
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["No databases yet"]);
  expect(asked.filter((path) => /vector|search|qstash|resources-/.test(path))).toEqual([]);
});
