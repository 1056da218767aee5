import { Keyboard } from "./keyboard";
import { expect, test } from "./test";

test("a developer reads the API reference with the keyboard alone", async ({ page, sandbox }) => {
  const keyboard = new Keyboard(page);
  await page.getByRole("button", { name: "Connect Upstash" }).waitFor();
  await keyboard.leave(page.getByRole("link", { name: "API reference" }));
  await page.getByRole("heading", { level: 1, name: "API reference" }).waitFor();

  const contents = page.getByRole("navigation", { name: "Contents" });
  const search = page.getByRole("searchbox", { name: "Search the calls" });
  await keyboard.tabTo(search);
  await keyboard.type(search, "post /databases createDatabase");
  await expect(page.getByRole("status")).toHaveText("1 result");
  await keyboard.activate(contents.getByRole("link", { name: "Create a database" }));
  const call = page.locator("#createDatabase");
  await expect(call).toBeInViewport();
  await expect(page.getByText("Creates one Redis database.")).toBeVisible();
  await expect(call).toBeFocused();
  await keyboard.tabTo(call.getByRole("button", { name: "Copy" }).first());
  await keyboard.leave(call.getByRole("link", { name: "idempotency_key_reused" }).last());
  await expect(page).toHaveURL(/problems\/idempotency_key_reused$/);
  await keyboard.walk();
  await keyboard.activate(page.getByRole("link", { name: "Skip to content" }));
  await expect(page.getByRole("main")).toBeFocused();

  await page.goto(`${sandbox.app}/api/v1/problems`);
  keyboard.reloaded();
  const problems = page.getByRole("searchbox", { name: "Search the problems" });
  await keyboard.fill(problems, "429");
  await expect(page.getByRole("status")).toHaveText(/result/);
  await keyboard.walk();
});

test("a developer injects a fault and reads the journal with the keyboard alone", async ({
  page,
  sandbox,
}) => {
  const keyboard = new Keyboard(page);
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
  await page.goto(sandbox.control);
  await expect(page.getByRole("status")).toHaveText("Live");
  await keyboard.walk();

  await test.step("a fault", async () => {
    await keyboard.select(page.getByRole("combobox", { name: "Fault", exact: true }), "rate limited");
    await keyboard.fill(page.getByLabel("Path"), "/v2/redis/*");
    await keyboard.select(page.getByLabel("How often"), "Until");
    await keyboard.activate(button("Inject"));
    const active = page.getByRole("list", { name: "Active faults" }).getByRole("listitem");
    await expect(active).toContainText("until ended");
    await expect(button("Inject")).toBeFocused();
    expect((await page.request.get(`${sandbox.upstash}/v2/redis/databases`)).status()).toBe(429);
    await keyboard.activate(active.getByRole("button", { name: /^End / }));
    await expect(active).toHaveCount(0);
    await expect(button("Inject")).toBeFocused();
  });

  await test.step("the calls", async () => {
    for (let call = 0; call < 25; call++) await page.request.get(`${sandbox.upstash}/v2/call-${call}`);
    const calls = page.getByRole("list", { name: "Calls, newest first" }).getByRole("listitem");
    const call = calls.filter({ hasText: "/v2/call-20" });
    await keyboard.activate(call.locator("summary"));
    await expect(call.getByRole("region", { name: "Response" })).toBeVisible();
    await keyboard.tabTo(calls.last().locator("summary"));
    // Upwards, below the header that stays in place.
    await keyboard.tabTo(page.getByLabel("Text"), "Shift+Tab");
    await keyboard.type(page.getByLabel("Text"), "nothing of the kind");
    await expect(page.getByText("No call matches the filter.")).toBeVisible();
    await keyboard.activate(button("Pause"));
    await expect(page.getByRole("status")).toHaveText("Paused");
    await keyboard.activate(button("Clear view"));
    await expect(calls).toHaveCount(0);
    await expect(button("Clear view")).toBeFocused();
  });
});
