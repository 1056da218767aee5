/** Types of the script /embed/v1.js. */

/** What happened in a connect session. Each event is true when it fires: the server reported it. */
export type ConnectEventType =
  | "approved"
  | "completed"
  | "database-selected"
  | "refused"
  | "closed"
  | "failed";

/** Why a connect session failed. */
export type ConnectFailure = "expired" | "mismatch" | "session" | "unreachable";

export interface ConnectEvent {
  type: ConnectEventType;
  /** The connect session; empty if none could be opened. */
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
  url: string;
  id: string;
  statusToken: string;
}

export interface OpenOptions extends Partial<ConnectSession> {
  /** Instead of `url`, `id` and `statusToken`: a call of your backend that opens the session. */
  session?: () => Promise<ConnectSession>;
  onEvent: (event: ConnectEvent) => void;
}

export interface ConnectHandle {
  /** Stops following the session. It does not end it: the user may still finish. */
  close(): void;
  /** Stops following the session in this page. `resume`, or a reload, continues. */
  detach(): void;
  /** Brings the window to the front; false if there is none. */
  focus(): boolean;
}

export interface UpstashConnectGlobal {
  /** Opens a connect session in a window. Call it in the handler of a click. */
  open(options: OpenOptions): ConnectHandle;
  /** Continues with the session that a reload interrupted; undefined if there is none. */
  resume(options: { onEvent: (event: ConnectEvent) => void }): ConnectHandle | undefined;
  /** Ends the return page. `next`: a path of your page, for when there is no window to close. */
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
