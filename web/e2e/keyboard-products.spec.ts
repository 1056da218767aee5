import type { Page } from "@playwright/test";
import { Keyboard } from "./keyboard";
import { expect, test } from "./test";

const calls = ["list", "get", "credentials", "stats"];
const changes = ["create", "rename", "delete", "reset-password"];
const allowed = [
  ...["vector", "search"].flatMap((product) => [...calls, ...changes].map((call) => `${product}.${call}`)),
  ...[...calls, "rotate-token"].map((call) => `qstash.${call}`),
];

test.describe.configure({ timeout: 120_000 }); // each goes through many tasks

test.use({ env: { BFF_ALLOW_OPERATIONS: allowed.join(",") } });

test("Vector, Search and QStash with the keyboard alone", async ({ page, sandbox }) => {
  const keyboard = new Keyboard(page);
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
  const databases = page.getByRole("heading", { level: 1, name: "Databases" });
  const lastCall = async () => (await sandbox.journal()).filter((call) => !call.startsWith("GET")).at(-1);
  await keyboard.connect();
  await expect(page.getByRole("heading", { level: 2, name: "QStash 1" })).toBeVisible();
  await keyboard.walk();

  await test.step("a Vector index is created", async () => {
    await keyboard.activate(page.getByRole("link", { name: "New Vector index" }));
    await expect(page.getByRole("heading", { level: 1, name: "New Vector index" })).toBeFocused();
    await keyboard.activate(button("Create Vector index"));
    await keyboard.activate(page.getByRole("link", { name: "Name: Enter a name." }));
    await keyboard.type(page.getByLabel("Name"), "products");
    await keyboard.select(page.getByLabel("Region"), "us-east-1");
    await keyboard.fill(page.getByLabel("Dimensions"), "3");
    await keyboard.walk();
    await keyboard.activate(button("Create Vector index"));
    await expect(page.getByRole("heading", { level: 1, name: "products" })).toBeFocused();
  });

  await test.step("it is revealed, renamed, reset and deleted", async () => {
    await expect(page.getByRole("table", { name: "Usage" })).toBeVisible();
    await revealAndHide(page, keyboard);
    await keyboard.walk();

    const dialog = page.getByRole("dialog", { name: "Rename products" });
    await keyboard.activate(button("Rename…"));
    await expect(page.getByLabel("New name")).toBeFocused();
    await keyboard.leaveDialog(dialog, button("Rename…"));
    await keyboard.press("Enter");
    await keyboard.type(page.getByLabel("New name"), "catalogue");
    await keyboard.press("Enter");
    // The server reads the index before and after the change.
    await expect(page.getByRole("heading", { level: 1, name: "catalogue" })).toBeVisible({ timeout: 30_000 });
    await expect(button("Rename…")).toBeFocused();

    await keyboard.confirm(button("Reset the tokens…"), "Reset the tokens of catalogue?", "catalogue");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect(button("Reset the tokens…")).toBeFocused();
    expect(await lastCall()).toMatch(/reset/);

    await keyboard.confirm(button("Delete this Vector index…"), "Delete catalogue?", "catalogue");
    await expect(databases).toBeFocused();
    await expect(page.getByRole("heading", { level: 2, name: "Vector 0" })).toBeVisible();
  });

  await test.step("a Search index is created and deleted", async () => {
    await keyboard.activate(page.getByRole("link", { name: "New Search index" }));
    await keyboard.fill(page.getByLabel("Name"), "articles");
    await keyboard.select(page.getByLabel("Region"), "eu-west-1");
    await keyboard.select(page.getByLabel("Plan"), "Pay");
    await keyboard.press("Enter");
    await keyboard.activate(button("Create Search index"));
    await expect(page.getByRole("heading", { level: 1, name: "articles" })).toBeFocused();
    await keyboard.activate(page.getByRole("link", { name: "Databases" }));
    await expect(databases).toBeFocused();
    await keyboard.activate(page.getByRole("link", { name: "articles" }));
    await revealAndHide(page, keyboard);
    await keyboard.confirm(button("Delete this Search index…"), "Delete articles?", "articles");
    await expect(databases).toBeFocused();
  });

  await test.step("the tokens of QStash are rotated", async () => {
    await keyboard.activate(page.getByRole("link", { name: "QStash eu-central-1" }));
    await expect(page.getByRole("heading", { level: 1, name: /QStash/ })).toBeFocused();
    await revealAndHide(page, keyboard);
    const id = page.url().split("/").at(-1) ?? "";
    await keyboard.confirm(button("Rotate the tokens…"), "Rotate the tokens of QStash eu-central-1?", id);
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect(button("Rotate the tokens…")).toBeFocused();
    expect(await lastCall()).toMatch(/rotate/);
  });
});

async function revealAndHide(page: Page, keyboard: Keyboard): Promise<void> {
  const reveal = page.getByRole("button", { name: "Reveal credentials" });
  await keyboard.activate(reveal);
  await expect(page.getByText("Copying includes the secrets")).toBeFocused();
  await keyboard.activate(page.getByRole("button", { name: "Show Token", exact: true }));
  await keyboard.activate(page.getByRole("button", { name: "Hide", exact: true }));
  await expect(reveal).toBeFocused();
}
