import { setTimeout as pause } from "node:timers/promises";
import type { Browser, Handle, Tab } from "./driver";
import { find, type Role } from "./find";

/** How long a page may take on a busy machine, in milliseconds. */
const patience = 30_000;

/** A tab or window as its user sees it. Every step waits for what it needs, and fails with the page's text. */
export class Page {
  private constructor(
    private readonly browser: Browser,
    private readonly tab: Tab,
  ) {}

  static async open(browser: Browser, url: string): Promise<Page> {
    const [tab] = await browser.tabs();
    if (tab === undefined) throw new Error("the browser has no tab");
    await tab.goto(url);
    return new Page(browser, tab);
  }

  goto(url: string): Promise<void> {
    return this.tab.goto(url);
  }

  /** The user goes back. The browser may show the earlier page as it was left. */
  async goBack(): Promise<void> {
    await this.tab.evaluate("void setTimeout(() => history.back())");
  }

  /** Waits until the element is there and can be used. */
  async see(role: Role, name: string | RegExp): Promise<Handle> {
    return this.until(`${role} ${name}`, () => this.tab.find(expression(role, name)));
  }

  async seeText(text: string): Promise<void> {
    await this.until(`text ${text}`, async () => (await this.text()).includes(text));
  }

  async click(role: Role, name: string | RegExp): Promise<void> {
    await (await this.see(role, name)).click();
  }

  async fill(label: string, text: string): Promise<void> {
    await (await this.see("textbox", label)).type(text);
  }

  async choose(label: string, value: string): Promise<void> {
    await (await this.see("combobox", label)).choose(value);
  }

  /** Clicks and returns the window that opens. */
  async opened(role: Role, name: string | RegExp): Promise<Page> {
    const before = await this.browser.tabs();
    await this.click(role, name);
    const tab = await this.until("a new window", async () => {
      return (await this.browser.tabs()).find((open) => !before.includes(open));
    });
    return new Page(this.browser, tab);
  }

  /** Presses a button by script once no press of the user counts any more, so that the popup blocker acts. */
  async pressWithoutUser(name: string | RegExp): Promise<void> {
    await this.see("button", name);
    await this.tab.evaluate(`(() => {
      const press = () => {
        if (navigator.userActivation.isActive) setTimeout(press, 100);
        else ${expression("button", name)}.click();
      };
      setTimeout(press);
    })()`);
  }

  /** The text that is on the screen. */
  text(selector = "body"): Promise<string> {
    return this.evaluate(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ""`);
  }

  evaluate<T>(script: string): Promise<T> {
    return this.tab.evaluate<T>(script);
  }

  /** The user closes the window. */
  close(): Promise<void> {
    return this.tab.close();
  }

  async seeClosed(): Promise<void> {
    await this.until("the window to close", async () => !(await this.browser.tabs()).includes(this.tab));
  }

  /** Waits until a probe finds something. A page that is being replaced answers no probe. */
  async until<T>(what: string, probe: () => Promise<T | null | undefined | false>): Promise<T> {
    const deadline = Date.now() + patience;
    let fault: unknown;
    while (Date.now() < deadline) {
      try {
        const found = await probe();
        if (found) return found;
        fault = undefined;
      } catch (caught) {
        fault = caught;
      }
      await pause(100);
    }

    const seen = await this.evaluate<string>(`[location.href, document.body.innerText].join("\\n")`).catch(
      String,
    );
    throw new Error(`waited for ${what}\n${fault === undefined ? "" : `${fault}\n`}the page: ${seen}`);
  }
}

/** Looks for a role and a name in the page. A string is the whole name. */
function expression(role: Role, name: string | RegExp): string {
  const pattern = name instanceof RegExp ? name.source : `^${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`;
  return `(${find})(${JSON.stringify({ role, pattern })})`;
}
