import { ownName } from "@/shared/public-path";

const storageKey = () => ownName("upstash-connect.connected");

/**
 * Whether the last visit of this browser ended connected. It is a guess about what will be shown, so that it can be
 * loaded while the server is asked; it decides nothing.
 */
export function wasConnected(): boolean {
  try {
    return localStorage.getItem(storageKey()) !== null;
  } catch {
    return false; // storage is switched off
  }
}

export function rememberConnected(connected: boolean): void {
  try {
    if (connected) localStorage.setItem(storageKey(), "1");
    else localStorage.removeItem(storageKey());
  } catch {
    // see wasConnected
  }
}

/** Whether another tab of this browser has just found that it is no longer connected, or signed out. */
export function isSignOut({ key, newValue }: StorageEvent): boolean {
  return key === storageKey() && newValue === null;
}
