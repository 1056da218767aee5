import { ownName } from "@/shared/public-path";

const storageKey = () => ownName("upstash-connect.departed");

/**
 * Leaving us does not log out of Upstash, so the next login would pass without a question, as the same user:
 * not what someone who has just left expects, least of all on a shared machine. The departure is remembered for
 * this tab, so that the next login asks who it is.
 */
export function rememberSignedOut(): void {
  try {
    sessionStorage.setItem(storageKey(), "1");
  } catch {
    // storage is switched off: the next login is then as silent as Upstash has it
  }
}

/** The user signed out or disconnected in this tab, and has not connected since. */
export function hasSignedOut(): boolean {
  try {
    return sessionStorage.getItem(storageKey()) !== null;
  } catch {
    return false; // see rememberSignedOut
  }
}

export function forgetSignedOut(): void {
  try {
    sessionStorage.removeItem(storageKey());
  } catch {
    // see rememberSignedOut
  }
}
