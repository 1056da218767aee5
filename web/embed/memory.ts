/** The connect session that this tab waits for. The invitation is not part of it: it works once. */
export interface Waiting {
  id: string;
  token: string;
  /** The address of the status. */
  status: string;
  /** When this tab opened the session, in milliseconds since 1970: a later load of the page does not restart its time. */
  since: number;
  /** The session opened in this tab, because no window opened. */
  sameTab?: boolean;
  /** The `session-endpoint` of the button that the user pressed. */
  endpoint?: string | undefined;
}

const key = "upstash-connect";

/** Reads what an earlier load of the page remembered. A page may forbid storage; then a reload forgets the session. */
export function recall(): Waiting | undefined {
  try {
    const waiting = JSON.parse(sessionStorage.getItem(key) ?? "null");
    const texts = [waiting?.id, waiting?.token, waiting?.status];
    const usable = texts.every((part) => typeof part === "string") && typeof waiting.since === "number";
    return usable ? waiting : undefined;
  } catch {
    return undefined;
  }
}

export function remember(waiting: Waiting | undefined): void {
  try {
    if (waiting === undefined) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(waiting));
  } catch {
    // without storage, only a reload differs
  }
}

/** Forgets this session. The buttons of a page share the memory, so it may already hold a later one. */
export function forget(id: string): void {
  if (recall()?.id === id) remember(undefined);
}
