import { ownName } from "@/shared/public-path";

const storageKey = () => ownName("upstash-connect.transaction");

/**
 * Remembers for this tab that a service's invitation was opened in it. A transaction that is over by the time a login
 * comes back then reads as an invitation that has expired, and not as a visit of somebody whom nobody sent.
 */
export function rememberOpenedInvitation(): void {
  try {
    sessionStorage.setItem(storageKey(), "1");
  } catch {
    // storage is switched off: the plain connect page is shown then
  }
}

export function wasInvitationOpened(): boolean {
  try {
    return sessionStorage.getItem(storageKey()) !== null;
  } catch {
    return false; // see rememberOpenedInvitation
  }
}

export function forgetOpenedInvitation(): void {
  try {
    sessionStorage.removeItem(storageKey());
  } catch {
    // see rememberOpenedInvitation
  }
}
