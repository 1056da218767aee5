import type { Page } from "@playwright/test";

const line =
  /^\s*- '?(?<role>button|link|textbox|combobox|checkbox|radio|searchbox|spinbutton|tab|switch|menuitem|slider)(?=[ :]|$)(?: "(?<name>(?:[^"\\]|\\.)*)")?/;

/**
 * What a screen reader cannot use: a control without a name, and two controls with one role and one name. Two links may
 * lead to one place.
 */
export async function unnamedControls(page: Page, repeats: string[] = []): Promise<string[]> {
  // What is behind a dialog is out of reach.
  const dialog = page.locator("dialog[open]");
  const tree = await ((await dialog.count()) > 0 ? dialog.last() : page.locator("body")).ariaSnapshot();
  const faults: string[] = [];
  const seen = new Set<string>();
  for (const text of tree.split("\n")) {
    const found = line.exec(text)?.groups;
    if (found === undefined) continue;
    const control = `${found.role} ${found.name ?? ""}`;
    if (found.name === undefined || found.name === "") faults.push(`without a name: ${text.trim()}`);
    else if (![...repeats, "link"].includes(found.role ?? "") && seen.has(control))
      faults.push(`twice: ${control}`);
    seen.add(control);
  }
  return faults;
}

/** Controls without a visible edge where the user's colours replace those of the page (forced colours). */
export function edgelessControls(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [document, ...[...document.querySelectorAll("*")].map((element) => element.shadowRoot ?? element)]
      .filter((root) => !(root instanceof Element))
      .flatMap((root) => [...root.querySelectorAll<HTMLElement>("button, input, select, textarea, .button")])
      // A menu has one edge around its items.
      .filter((element) => !element.matches("[type=radio], [type=checkbox], [role=menuitem]"))
      .filter((element) => element.checkVisibility())
      .filter((element) => {
        const { borderTopStyle, borderTopWidth, textDecorationLine } = getComputedStyle(element);
        const edged = borderTopStyle !== "none" && Number.parseFloat(borderTopWidth) > 0;
        return !edged && !textDecorationLine.includes("underline");
      })
      .map((element) => `${element.tagName} ${element.textContent || element.getAttribute("name") || ""}`),
  );
}

/** Whether the control that Tab reaches shows that it has the focus. */
export async function focusFaults(page: Page): Promise<string[]> {
  await page.keyboard.press("Tab");
  return page.evaluate(() => {
    let focused = document.activeElement ?? document.body;
    while (focused.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
    if (focused === document.body) return [];
    const { outlineStyle, outlineWidth } = getComputedStyle(focused);
    if (outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2) return [];
    return [`${focused.tagName} ${focused.textContent}: no outline of the focus`];
  });
}
