import puppeteer, { type BrowserContext, type ElementHandle, type Page } from "puppeteer-core";
import type { Browser, Engine, Handle, Tab } from "./driver";

const executablePath = process.env.FIREFOX_PATH;

export const firefox: Engine = {
  name: "Firefox",
  installed: executablePath !== undefined,

  async start() {
    const browser = await puppeteer.launch({
      browser: "firefox",
      headless: true,
      ...(executablePath === undefined ? {} : { executablePath }),
      // Puppeteer turns off the popup blocker, which every user has.
      extraPrefsFirefox: { "dom.disable_open_during_load": true },
    });
    return {
      async open() {
        const context = await browser.createBrowserContext();
        await context.newPage();
        return new FirefoxBrowser(context);
      },
      stop: () => browser.close(),
    };
  },
};

class FirefoxBrowser implements Browser {
  private readonly known = new Map<Page, Tab>();

  constructor(private readonly context: BrowserContext) {}

  async tabs(): Promise<Tab[]> {
    const pages = await this.context.pages();
    return pages.map((page) => {
      const tab = this.known.get(page) ?? new FirefoxTab(page);
      this.known.set(page, tab);
      return tab;
    });
  }

  close(): Promise<void> {
    return this.context.close();
  }
}

class FirefoxTab implements Tab {
  constructor(private readonly page: Page) {}

  async goto(url: string): Promise<void> {
    await this.page.goto(url);
  }

  async evaluate<T>(expression: string): Promise<T> {
    return (await this.page.evaluate(expression)) as T;
  }

  async find(expression: string): Promise<Handle | null> {
    const found = (await this.page.evaluateHandle(expression)).asElement() as ElementHandle | null;
    return found === null ? null : new FirefoxElement(this.page, found);
  }

  /** Closes it as a user does: the page hears that it goes away. */
  close(): Promise<void> {
    return this.page.close({ runBeforeUnload: true });
  }
}

class FirefoxElement implements Handle {
  constructor(
    private readonly page: Page,
    private readonly element: ElementHandle,
  ) {}

  async click(): Promise<void> {
    await this.element.click().catch((fault: unknown) => {
      // A press may close its window before the click is reported as done.
      if (!this.page.isClosed()) throw fault;
    });
  }

  type(text: string): Promise<void> {
    return this.element.type(text);
  }

  async choose(value: string): Promise<void> {
    await this.element.select(value);
  }
}
