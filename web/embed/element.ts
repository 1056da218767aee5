import { offer, standBy } from "./follow.ts";
import type { Waiting } from "./memory.ts";
import { open, resume, sessionPatience } from "./open.ts";
import { type ConnectEvent, type ConnectHandle, type ConnectSession, isFinal } from "./types.ts";

const style = `
:host { display: inline-flex; flex-direction: column; gap: .5rem; font: inherit }
:host([hidden]) { display: none }
button {
  display: inline-flex; align-items: center; justify-content: center; gap: .6em; align-self: start; cursor: pointer;
  min-height: var(--upstash-connect-height, 2.75rem);
  padding: 0 var(--upstash-connect-padding, 1.25rem);
  border: var(--upstash-connect-border, 1px solid transparent);
  border-radius: var(--upstash-connect-radius, .5rem);
  background: var(--upstash-connect-background, #00805a);
  color: var(--upstash-connect-color, #fff);
  font: var(--upstash-connect-font, 600 1rem/1.25 system-ui, sans-serif);
}
button:hover { filter: brightness(.94) }
button:focus-visible { outline: 3px solid var(--upstash-connect-focus, #00c98d); outline-offset: 2px }
svg { width: 1.1em; height: 1.1em; flex: none; fill: none; stroke: currentColor; stroke-width: 1.6;
  stroke-linecap: round }
p { margin: 0; max-width: 30rem; font: var(--upstash-connect-note-font, .875rem/1.4 system-ui, sans-serif);
  color: var(--upstash-connect-note-color, inherit) }
p:empty { display: none }
@media (forced-colors: active) { button { border: 1px solid ButtonText } }
`;

function make<Name extends keyof HTMLElementTagNameMap>(name: Name, attributes: Record<string, string> = {}) {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  return element;
}

/** Two links of a chain. */
function mark(): Element {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  const path = document.createElementNS(namespace, "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute(
    "d",
    "M6.5 9.5a3 3 0 0 0 4.2 0l2.4-2.4a3 3 0 0 0-4.2-4.2l-.9.9M9.5 6.5a3 3 0 0 0-4.2 0L2.9 8.9a3 3 0 0 0 4.2 4.2l.9-.9",
  );
  svg.append(path);
  return svg;
}

/** Returns a property that the page set before this script ran. */
function early(element: HTMLElement, name: string): string {
  return String(Reflect.get(element, name) ?? "");
}

/** What the button says below itself. Each can be replaced by the attribute of its name. */
const notes = {
  "note-waiting": "Continue in the window that opened. If you closed it, press the button again.",
  "note-approved": "Almost done: your approval is being stored.",
  "note-completed": "Your Upstash account is connected.",
  "note-refused": "You did not connect your Upstash account.",
  "note-closed": "The window was closed before you were done. Press the button to start again.",
  "note-failed": "That did not work. Press the button to start again.",
};

type Note = keyof typeof notes;

/** `<upstash-connect>`: a button that connects an Upstash account. */
export class UpstashConnectElement extends HTMLElement {
  url = early(this, "url");
  sessionId = early(this, "sessionId");
  statusToken = early(this, "statusToken");
  #handle: ConnectHandle | undefined;
  #note: HTMLElement;
  #withdraw = () => {};

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open", delegatesFocus: true });
    const sheet = new CSSStyleSheet(); // a strict style-src allows no other style
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];

    // No innerHTML, which a page that requires Trusted Types rejects.
    const button = make("button", { type: "button", part: "button" });
    const label = make("slot");
    label.textContent = "Connect Upstash";
    button.append(mark(), label);
    button.addEventListener("click", () => this.#press());
    this.#note = make("p", { part: "note", role: "status" });
    root.append(button, this.#note);
  }

  connectedCallback(): void {
    this.#withdraw = standBy(this.#take);
    // After the page's own scripts: they have to listen before there is anything to hear.
    if (document.readyState === "complete") queueMicrotask(offer);
  }

  /** The session stays in memory: another element, or this one after a reload, continues it. */
  disconnectedCallback(): void {
    this.#withdraw();
    queueMicrotask(() => {
      if (this.isConnected) return; // a framework only moved it
      this.#handle?.detach();
      this.#handle = undefined;
    });
  }

  get #endpoint(): string {
    return this.getAttribute("session-endpoint") ?? "";
  }

  #take = (waiting: Waiting, own: boolean): void => {
    if (this.#handle !== undefined || (own && waiting.endpoint !== this.#endpoint)) return;
    this.#say("note-waiting");
    this.#handle = resume({ onEvent: this.#hear });
  };

  #press(): void {
    this.#handle?.close();
    this.#handle = undefined;
    this.#say("note-waiting");
    const url = this.url || this.getAttribute("url");
    const endpoint = this.#endpoint;
    const session = url
      ? {
          url,
          id: this.sessionId || (this.getAttribute("session-id") ?? ""),
          statusToken: this.statusToken || (this.getAttribute("status-token") ?? ""),
        }
      : { session: () => openSession(endpoint) };
    try {
      this.#handle = open({ ...session, onEvent: this.#hear }, endpoint);
    } catch {
      this.#hear({ type: "failed", id: "", reason: "session" });
    }
  }

  #hear = (event: ConnectEvent): void => {
    const { type } = event;
    if (isFinal(type)) this.#handle = undefined;
    if (type !== "database-selected") this.#say(`note-${type}`);
    this.dispatchEvent(new CustomEvent(type, { detail: event, bubbles: true, composed: true }));
  };

  #say(note: Note): void {
    this.#note.textContent = this.getAttribute(note) ?? notes[note];
    this.setAttribute("state", note.slice("note-".length));
  }
}

/** Asks the partner's own backend to open a connect session for the user who is logged in there. */
async function openSession(endpoint: string): Promise<ConnectSession> {
  if (endpoint === "") throw new TypeError("upstash-connect needs url or session-endpoint");
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    credentials: "same-origin",
    body: "{}",
    signal: AbortSignal.timeout(sessionPatience), // also gives up a body that does not end
  });
  if (!response.ok) throw new Error(`${endpoint}: HTTP status ${response.status}`);
  const session = await response.json();
  return { url: session.url, id: session.id, statusToken: session.status_token ?? session.statusToken };
}
