/** The connect session that this tab waits for. The invitation is not part of it: it works once. */
export interface Waiting {
  id: string;
  token: string;
  /** The address of the status. */
  status: string;
  /** The session opened in this tab, because no window opened. */
  sameTab?: boolean;
}

const key = "upstash-connect";

/** Reads what a reload of the page left behind. A page may forbid storage; then a reload forgets the session. */
export function recall(): Waiting | undefined {
  try {
    const text = sessionStorage.getItem(key);
    return text === null ? undefined : (JSON.parse(text) as Waiting);
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
