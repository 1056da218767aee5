/** Types of the script /embed/v1.js. */

/**
 * What happened in a connect session. Each event is true when it fires, and fires once for each load of the page.
 * The server reports it, except for `failed` with `session` or `unreachable`, and for `closed` before your backend has
 * opened the session. `completed`, `refused` and `failed` end the session; after `closed`, the user may still finish in
 * another tab.
 */
export type ConnectEventType =
  | "approved"
  | "completed"
  | "database-selected"
  | "refused"
  | "closed"
  | "failed";

/**
 * Why a connect session failed. `expired`: the user did not finish in time, the server no longer knows the session, or
 * the user opened another invitation in this browser. `mismatch`: somebody else returned. `session`: your backend
 * returned no usable session within 30 seconds. `unreachable`: the server did not answer, and the session's time is over,
 * 36 minutes after it opened.
 */
export type ConnectFailure = "expired" | "mismatch" | "session" | "unreachable";

export interface ConnectEvent {
  type: ConnectEventType;
  /** The connect session; empty with `session`, because your backend opened none. */
  id: string;
  /** With `completed`. */
  grantId?: string;
  /** With `database-selected`, and with `approved` and `completed` if the session asks for a database. */
  databaseId?: string;
  /** With `failed`. */
  reason?: ConnectFailure;
}

/** A connect session, as your backend opened it. */
export interface ConnectSession {
  /** An address with https, or http. The script opens no other. */
  url: string;
  id: string;
  statusToken: string;
}

export interface OpenOptions extends Partial<ConnectSession> {
  /**
   * Instead of `url`, `id` and `statusToken`: a call of your backend that opens the session. After 30 seconds it counts
   * as failed.
   */
  session?: () => Promise<ConnectSession>;
  /** Hears the events. What it throws becomes an uncaught error of your page. */
  onEvent: (event: ConnectEvent) => void;
}

export interface ConnectHandle {
  /**
   * Stops following the session, and forgets it. It does not end the session: the user may still finish. It closes the
   * window only while `session` has not returned, because the window is blank until then.
   */
  close(): void;
  /**
   * Stops telling `onEvent`. The user continues, also when `session` has not returned yet. Another button on the page,
   * `resume` or a reload hears the rest.
   */
  detach(): void;
  /** Brings the window to the front. Returns false when this page opened no window. */
  focus(): boolean;
}

export interface UpstashConnectGlobal {
  /**
   * Opens a connect session in a window. Call it in the handler of a click. It throws a TypeError, and opens nothing,
   * when it gets neither `session` nor a usable `url`, `id` and `statusToken`.
   */
  open(options: OpenOptions): ConnectHandle;
  /**
   * Continues the session that a reload interrupted. Returns undefined when this tab remembers no session, and when
   * something on the page follows it already.
   */
  resume(options: { onEvent: (event: ConnectEvent) => void }): ConnectHandle | undefined;
  /** Ends the return page. `next` is where the user continues when the script cannot close the window. */
  finish(options?: { next?: string }): void;
}

/** `<upstash-connect>`. */
export interface UpstashConnectElement extends HTMLElement {
  url: string;
  sessionId: string;
  statusToken: string;
}

declare global {
  var UpstashConnect: UpstashConnectGlobal;
  interface HTMLElementTagNameMap {
    "upstash-connect": UpstashConnectElement;
    "upstash-connect-return": HTMLElement;
  }
}
