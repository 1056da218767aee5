import { demo } from "./journey";
import { Keyboard } from "./keyboard";
import { expect, test } from "./test";

test.describe.configure({ timeout: 120_000 }); // each goes through many tasks

test("a database is created, and found in a long list, with the keyboard alone", async ({
  page,
  context,
  sandbox,
}) => {
  const keyboard = new Keyboard(page);
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await keyboard.connect();
  await keyboard.walk();

  await test.step("the form", async () => {
    await keyboard.activate(page.getByRole("link", { name: "Create your first database" }));
    await expect(page.getByRole("heading", { level: 1, name: "New database" })).toBeFocused();
    await keyboard.activate(page.getByRole("link", { name: "Cancel" }));
    await expect(page.getByRole("heading", { level: 1, name: "Databases" })).toBeFocused();
    await keyboard.activate(page.getByRole("link", { name: "Create your first database" }));

    await keyboard.activate(button("Create database"));
    await keyboard.activate(page.getByRole("link", { name: "Name: Enter a name." }));
    await keyboard.type(page.getByLabel("Name"), "orders");
    await keyboard.select(page.getByLabel("Primary region"), "us-east-1");

    const regions = page.getByRole("combobox", { name: "Read regions" });
    await keyboard.tabTo(regions);
    await page.keyboard.type("eu-west");
    await keyboard.press("Enter");
    await page.keyboard.type("tokyo");
    await keyboard.press("ArrowDown", "Enter");
    const chips = page.getByRole("list", { name: "Read regions, chosen" }).getByRole("button");
    await expect(chips).not.toHaveCount(0);
    const before = await chips.count();
    await keyboard.tabTo(chips.first(), "Shift+Tab");
    await keyboard.press("Enter");
    await expect(chips).toHaveCount(before - 1);
    await expect(regions).toBeFocused();

    await keyboard.activate(page.getByText(/^More options/));
    await keyboard.fill(page.getByLabel("Monthly budget"), "20");
    await keyboard.tabTo(page.getByLabel("Drop keys when the database is full"));
    await keyboard.press("Space");
    await keyboard.walk();
    await keyboard.activate(button("Create database"));
    await expect(page.getByRole("link", { name: "orders" })).toBeFocused();
    expect((await sandbox.account(demo.email)).databases).toMatchObject([{ budget: 20, eviction: true }]);
  });

  await test.step("a long list", async () => {
    // More than an account of the sandbox may have.
    await page.route("**/api/v1/databases", async (route) => {
      const { databases } = await (
        await route.fetch({ headers: withoutTag(route.request().headers()) })
      ).json();
      const more = Array.from({ length: 59 }, (_, at) => ({
        ...databases[0],
        id: `more-${at}`,
        name: `more-${at}`,
        created_at: "2020-01-01T00:00:00Z",
      }));
      await route.fulfill({ json: { databases: [...databases, ...more] } });
    });
    await page.reload();
    keyboard.reloaded();
    const search = page.getByRole("searchbox", { name: "Search by name, region or ID" });
    await expect(search).toBeVisible();
    await keyboard.activate(button("Copy .env of orders"));
    await expect(button("Copy .env of orders")).toBeFocused();
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toContain("UPSTASH_REDIS_REST_TOKEN=");

    await keyboard.tabTo(button("Name"), "Shift+Tab");
    await keyboard.press("Enter");
    await expect(page.getByRole("columnheader", { name: "Name" })).toHaveAttribute("aria-sort", "ascending");
    await expect(button("Name")).toBeFocused();

    await keyboard.tabTo(button("Next"), "Shift+Tab");
    await keyboard.press("Enter");
    await expect(page.getByText("Page 2 of 2").first()).toBeVisible();
    await expect(button("Next")).toBeFocused();
    await keyboard.walk();
    await keyboard.tabTo(button("Previous"), "Shift+Tab");
    await keyboard.press("Enter");
    await expect(button("Previous")).toBeFocused();

    await keyboard.tabTo(search);
    await keyboard.type(search, "no such database");
    await keyboard.activate(button("Clear search"));
    await expect(search).toBeFocused();
    await keyboard.type(search, "more-58");
    await keyboard.activate(page.getByRole("link", { name: "more-58" }));
    await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
    await page.goBack();
    await expect(search).toHaveValue("more-58");
    await expect(page.getByRole("heading", { level: 1, name: "Databases" })).toBeFocused();
  });
});

/** A list that has not changed is answered without a body. */
function withoutTag({ "if-none-match": _, ...headers }: Record<string, string>): Record<string, string> {
  return headers;
}
