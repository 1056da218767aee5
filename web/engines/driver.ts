/**
 * What the journeys need of a browser. Puppeteer drives Firefox over WebDriver BiDi, Selenium drives WebKit over
 * WebDriver Classic.
 */
export interface Tab {
  goto(url: string): Promise<void>;
  evaluate<T>(expression: string): Promise<T>;
  /** Returns the element that the expression gives in the page. */
  find(expression: string): Promise<Handle | null>;
  close(): Promise<void>;
}

/** An element of a page. */
export interface Handle {
  /** Clicks as a user does, so that the browser allows what it allows only a user. */
  click(): Promise<void>;
  type(text: string): Promise<void>;
  /** Chooses an option of a select element by its value. */
  choose(value: string): Promise<void>;
}

/** One browser with cookies and storage of its own. */
export interface Browser {
  /** The open tabs and windows. A tab is the same object in every answer. */
  tabs(): Promise<Tab[]>;
  close(): Promise<void>;
}

export interface Engine {
  name: string;
  /** Whether scripts/engines.sh found it. */
  installed: boolean;
  start(): Promise<RunningEngine>;
}

export interface RunningEngine {
  /** Opens a browser that shares nothing with the earlier ones, with one empty tab. */
  open(): Promise<Browser>;
  stop(): Promise<void>;
}
