import { ownName } from "@/shared/public-path";

/** The page on which a service asks. A login without a window comes back to it. */
export const servicePath = "/connect";

/** A login without a window, for the connect session of a service, and the connection that it ended with. */
export interface FinishedLogin {
  forService: string;
  connection: string;
}

const storageKey = () => ownName("upstash-connect.finished-login");

/**
 * Lets the page that a login comes back to know that this login, and no other, has just succeeded. Without it, a login that
 * was cancelled would look like one that kept the account before it. sessionStorage: it concerns this tab alone.
 */
export function rememberFinishedLogin(login: FinishedLogin): void {
  try {
    sessionStorage.setItem(storageKey(), JSON.stringify(login));
  } catch {
    // storage is switched off: the page then asks once more which account it is
  }
}

/** The login that has just come back for this connect session, once. */
export function takeFinishedLogin(forService: string): FinishedLogin | undefined {
  try {
    const login: unknown = JSON.parse(sessionStorage.getItem(storageKey()) ?? "null");
    sessionStorage.removeItem(storageKey());
    return isFinishedLogin(login) && login.forService === forService ? login : undefined;
  } catch {
    return undefined; // see rememberFinishedLogin
  }
}

function isFinishedLogin(value: unknown): value is FinishedLogin {
  if (typeof value !== "object" || value === null) return false;
  const { forService, connection } = value as Record<string, unknown>;
  return typeof forService === "string" && typeof connection === "string";
}
