import type { Locator, Page } from "@playwright/test";
import { type Stop, stopAt } from "./focus-stop";
import { demo } from "./journey";
import { expect } from "./test";

/** More stops than any task here needs. A page that needs more of them is a page that nobody tabs through. */
const mostStops = 120;

type Direction = "Tab" | "Shift+Tab";

/**
 * A user who has no mouse. Each stop on the way to a control is looked at: its focus is visible and not covered (WCAG 2.2,
 * 2.4.7 and 2.4.11), and it comes after the one before it on the screen as well (2.4.3).
 */
export class Keyboard {
  /** Where a page has just been loaded, nothing has the focus yet. */
  private fresh = true;

  constructor(private readonly page: Page) {}

  /** The page has been loaded again. */
  reloaded(): void {
    this.fresh = true;
  }

  /** Moves the focus from control to control until one of these has it. */
  async tabTo(target: Locator, direction: Direction = "Tab"): Promise<void> {
    await expect(target.first()).toBeVisible();
    let before = await this.here();
    const seen: string[] = [];
    for (let stops = 0; stops < mostStops; stops++) {
      await this.page.keyboard.press(direction);
      const stop = await target.evaluateAll(stopAt);
      if (stop.name === "") {
        // After the last control a browser gives the focus to its own bars, and these give it back.
        const atAnEnd = direction === "Tab" ? before?.isLast : before?.isFirst;
        expect(atAnEnd, `the focus is lost after ${before?.name}`).not.toBe(false);
        before = undefined;
        continue;
      }
      expectGood(stop, before, direction);
      if (stop.isTarget) return;
      seen.push(stop.name);
      before = stop;
    }
    throw new Error(`${target} has no stop; the stops are:\n${seen.join("\n")}`);
  }

  /** Goes through the whole page. Each of its controls is a stop. */
  async walk(): Promise<void> {
    let before = await this.here();
    const controls = this.page.locator(
      ":is(a[href], button, input, select, textarea, summary, [tabindex='0'])",
    );
    const wanted = await controls.evaluateAll(reachable);
    const seen: string[] = [];
    for (let stops = 0; stops < mostStops; stops++) {
      await this.page.keyboard.press("Tab");
      const stop = await this.focused();
      if (stop.name === "") {
        before = undefined;
        continue;
      }
      expectGood(stop, before, "Tab");
      if (seen.includes(stop.key)) break;
      seen.push(stop.key);
      before = stop;
    }
    const missed = wanted.filter(({ key }) => !seen.includes(key)).map(({ name }) => name);
    expect(missed, "controls that Tab does not reach").toEqual([]);
  }

  /** Presses keys, one after the other. After the last one something still has the focus. */
  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
    await expect
      .poll(async () => (await this.focused()).name, {
        message: `the focus after ${keys.join(", ")}`,
        intervals: [20, 50, 100],
      })
      .not.toBe("");
  }

  /** Goes to a control and presses it. */
  async activate(target: Locator, key = "Enter"): Promise<void> {
    await this.tabTo(target);
    await this.press(key);
  }

  /** Goes to a control that leads to another document. */
  async leave(target: Locator): Promise<void> {
    await this.tabTo(target);
    await this.page.keyboard.press("Enter");
    this.fresh = true;
  }

  /** Goes to a field and types over what it contains. */
  async fill(field: Locator, text: string): Promise<void> {
    await this.tabTo(field);
    await this.type(field, text);
  }

  /** Types over what the focused field contains. */
  async type(field: Locator, text: string): Promise<void> {
    await expect(field).toBeFocused();
    await this.page.keyboard.press("ControlOrMeta+a");
    await this.page.keyboard.type(text);
    await expect(field).toHaveValue(text);
  }

  /** Goes to a choice of one value and types the beginning of an option. */
  async select(field: Locator, option: string): Promise<void> {
    await this.tabTo(field);
    await this.page.keyboard.type(option);
    const chosen = field.locator("option:checked");
    await expect(chosen).toHaveText(new RegExp(`^${option.replace(/[()]/g, "\\$&")}`));
  }

  /** Opens a dialog, leaves it, opens it again, and confirms by the name that it asks for. */
  async confirm(opener: Locator, title: string, name: string): Promise<void> {
    const dialog = this.page.getByRole("dialog", { name: title, exact: true });
    const field = dialog.getByRole("textbox");
    await this.activate(opener);
    await expect(field).toBeFocused();
    await this.leaveDialog(dialog, opener);
    await this.press("Enter");
    await this.type(field, name);
    await this.press("Enter");
  }

  /** Tab does not leave the dialog, and Escape closes it. The focus returns to where it was. */
  async leaveDialog(dialog: Locator, opener: Locator): Promise<void> {
    await this.expectTrapped(dialog);
    await this.press("Escape");
    await expect(dialog).toHaveCount(0);
    await expect(opener).toBeFocused();
  }

  /** Goes around in a dialog once, in both directions. */
  async expectTrapped(dialog: Locator): Promise<void> {
    for (const direction of ["Tab", "Shift+Tab"] as const) {
      const stops = new Set<string>();
      let before: Stop | undefined = await this.focused();
      for (let at = 0; at < 12; at++) {
        await this.page.keyboard.press(direction);
        const stop = await dialog.evaluateAll(stopAt);
        if (stop.name === "") {
          before = undefined;
          continue;
        }
        expect(stop.isInside, `${stop.name} is behind the dialog`).toBe(true);
        expectGood(stop, before, direction);
        if (stops.has(stop.key)) break;
        stops.add(stop.key);
        before = stop;
      }
      expect(stops.size, "the dialog has controls").toBeGreaterThan(0);
    }
  }

  /** Connects an account from the landing page on. */
  async connect(account = demo): Promise<void> {
    const opened = this.page.waitForEvent("popup");
    await this.activate(this.page.getByRole("button", { name: "Connect Upstash", exact: true }));
    await logInWithKeyboard(await opened, account);
    await expect(this.page.getByRole("heading", { level: 1, name: "Databases" })).toBeFocused();
  }

  private focused(): Promise<Stop> {
    return this.page.locator("body").evaluateAll(stopAt);
  }

  /** What has the focus before the first Tab. */
  private async here(): Promise<Stop | undefined> {
    const stop = await this.focused();
    if (!this.fresh) expect(stop.name, "something has the focus").not.toBe("");
    this.fresh = false;
    return stop.name === "" ? undefined : stop;
  }
}

/** Logs in at the provider. The window then closes. */
export async function logInWithKeyboard(popup: Page, account = demo): Promise<void> {
  const closed = popup.waitForEvent("close");
  const keyboard = new Keyboard(popup);
  const email = popup.getByLabel("Email");
  await email.waitFor();
  if (await email.evaluate((field) => field === document.activeElement))
    await keyboard.type(email, account.email);
  else await keyboard.fill(email, account.email);
  await keyboard.fill(popup.getByLabel("Password"), account.password);
  await popup.keyboard.press("Enter");
  await closed;
}

function expectGood(stop: Stop, before: Stop | undefined, direction: Direction): void {
  expect(stop.faults, `the focus at ${stop.name}`).toEqual([]);
  if (before === undefined || before.frame !== stop.frame) return;
  if (direction === "Tab" ? before.isLast : before.isFirst) return; // around the page
  const [first, second] = direction === "Tab" ? [before, stop] : [stop, before];
  const isBackwards =
    second.bottom <= first.top + 1 ||
    (second.right <= first.left + 1 &&
      Math.min(first.bottom, second.bottom) - Math.max(first.top, second.top) > 8);
  expect(isBackwards, `${direction} leads from ${before.name} to ${stop.name}`).toBe(false);
}

/** Runs in the page: the controls that Tab has to reach. Of a group of radio buttons that is the checked one. */
function reachable(controls: Element[]): { key: string; name: string }[] {
  const dialog = document.querySelector("dialog[open]");
  const found: { key: string; name: string }[] = [];
  for (const control of controls as HTMLElement[]) {
    if (!control.checkVisibility({ visibilityProperty: true })) continue;
    if (control.matches(":disabled, [tabindex='-1']") || control.closest("[inert]") !== null) continue;
    if (dialog !== null && !dialog.contains(control)) continue;
    if (control instanceof HTMLInputElement && control.type === "radio" && !control.checked) continue;
    control.dataset.stop ??= crypto.randomUUID();
    found.push({ key: control.dataset.stop, name: control.outerHTML.slice(0, 160) });
  }
  return found;
}
