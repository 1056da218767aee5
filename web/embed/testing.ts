import { vi } from "vitest";
import type { ConnectEvent, ConnectSession } from "./types.ts";

/** The time at which a test begins. */
export const now = Date.UTC(2026, 10, 22, 10);

export const session: ConnectSession = {
  url: "https://connect.example/connect#uci_1",
  id: "cs_1",
  statusToken: "ucs_1",
};

export const waiting = {
  id: "cs_1",
  token: "ucs_1",
  status: "https://connect.example/api/v1/connect-sessions/cs_1",
  since: now,
};

/** A response with a status, as the server writes a problem, or as another program writes a page. */
export const problem = (status: number) => () =>
  Response.json(
    { code: "invalid_token" },
    { status, headers: { "Content-Type": "application/problem+json" } },
  );
export const otherPage = (status: number, kind: string) => () =>
  new Response('{"code":"invalid_token"}', { status, headers: { "Content-Type": kind } });

/** The connect session's state on the server, as a test sets it: a body, a status, a response, or the fault of the network. */
export class Server {
  answer: unknown = { state: "open" };
  /** What differs for the session of an id. */
  readonly others: Record<string, unknown> = {};
  readonly requests: { address: string; init: RequestInit }[] = [];

  constructor() {
    vi.stubGlobal("fetch", (address: string, init: RequestInit) => this.respond(address, init));
  }

  private async respond(address: string, init: RequestInit): Promise<Response> {
    this.requests.push({ address, init });
    const answer = await Promise.race([
      this.others[address.split("/").at(-1) ?? ""] ?? this.answer,
      aborted(init.signal),
    ]);
    if (answer instanceof Error) throw answer;
    if (typeof answer === "function") return answer();
    return typeof answer === "number" ? new Response("{}", { status: answer }) : Response.json(answer);
  }
}

function aborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
}

/** A promise that the test settles. */
export function deferred<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (fault: Error) => void;
} {
  let resolve!: (value: T) => void;
  let reject!: (fault: Error) => void;
  const promise = new Promise<T>((fulfil, refuse) => {
    resolve = fulfil;
    reject = refuse;
  });
  return { promise, resolve, reject };
}

/** A window that the script opens. */
export class OpenedWindow {
  opener: unknown = window;
  closed = false;
  readonly location = { replace: vi.fn() };
  readonly focus = vi.fn();
  readonly close = vi.fn(() => {
    this.closed = true;
  });
}

export function openWindows(): OpenedWindow[] {
  const opened: OpenedWindow[] = [];
  vi.spyOn(window, "open").mockImplementation(() => {
    opened.push(new OpenedWindow());
    return opened.at(-1) as unknown as Window;
  });
  return opened;
}

export class Recorder {
  readonly events: ConnectEvent[] = [];
  readonly onEvent = (event: ConnectEvent): void => {
    this.events.push(event);
  };

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }
}

/** Lets this many milliseconds pass, and everything that waits for them. */
export const pass = (milliseconds = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

/** The browser keeps the page that the user leaves, or shows it again. */
export function transition(type: "pagehide" | "pageshow"): void {
  window.dispatchEvent(Object.assign(new Event(type), { persisted: true }));
}
