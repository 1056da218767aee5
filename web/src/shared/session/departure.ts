import { ownName } from "@/shared/public-path";

const storageKey = () => ownName("upstash-connect.departed");

/** How the user left us in this tab. */
export type Departure = "signed_out" | "disconnected";

/**
 * Leaving us does not log out of Upstash, so the next login would pass without a question, as the same user:
 * not what someone who has just left expects, least of all on a shared machine. The departure is remembered for
 * this tab, so that the next login asks who it is.
 */
export function rememberDeparture(how: Departure): void {
  try {
    sessionStorage.setItem(storageKey(), how);
  } catch {
    // storage is switched off: the next login is then as silent as Upstash has it
  }
}

/** How the user left in this tab, or null if they have connected since or never left. */
export function recallDeparture(): Departure | null {
  try {
    return sessionStorage.getItem(storageKey()) as Departure | null;
  } catch {
    return null; // see rememberDeparture
  }
}

export function forgetDeparture(): void {
  try {
    sessionStorage.removeItem(storageKey());
  } catch {
    // see rememberDeparture
  }
}
