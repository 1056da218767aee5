import { addressOf, ownName } from "@/shared/public-path";
import { timing } from "./timing";

/** One press of a connect button. */
export interface Attempt {
  id: string;
  /** Replace the account this browser is connected as. */
  replace: boolean;
  /** Ask Upstash to show its login page even if it remembers the user. */
  promptLogin: boolean;
  /** The user has to authenticate now, however recent the login that Upstash remembers. */
  freshLogin?: boolean;
  /** The e-mail address that the login page is to offer. */
  loginHint?: string;
  /** The connect session of a service, to whose page the login leads back. */
  forService?: string;
}

export type Mode = "window" | "redirect";

const storageKey = () => ownName("upstash-connect.attempts");

type Stored = Attempt & { at: number };

/**
 * Attempts are remembered in this origin's storage, so that /connect can tell a press of our own button from a
 * link on some other page: only the former may start a login, or swap the account, without another click.
 * localStorage, not sessionStorage: a window that is reused for a second attempt keeps its first sessionStorage.
 * Nothing secret is in here.
 */
export function rememberAttempt(options: Partial<Attempt>): Attempt {
  const attempt: Attempt = {
    ...options,
    id: options.id ?? randomId(),
    replace: options.replace ?? false,
    promptLogin: options.promptLogin ?? false,
  };
  write([...read().filter((stored) => stored.id !== attempt.id), { ...attempt, at: Date.now() }]);
  return attempt;
}

export function findAttempt(id: string | null): Attempt | undefined {
  return read().find((stored) => stored.id === id);
}

export function forgetAttempt(id: string): void {
  write(read().filter((stored) => stored.id !== id));
}

/** The address of the login window for an attempt. */
export function connectPath(attempt: Attempt, mode: Mode): string {
  const query = new URLSearchParams({ attempt: attempt.id });
  if (mode === "redirect") query.set("mode", "redirect");
  return addressOf(`/connect?${query}`);
}

function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function read(): Stored[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(storageKey()) ?? "[]");
    if (!Array.isArray(stored)) return [];
    return (stored as Stored[]).filter((attempt) => Date.now() - attempt.at < timing.attemptLimit);
  } catch {
    return []; // storage is switched off or holds garbage: /connect then asks for one more click
  }
}

function write(attempts: Stored[]): void {
  try {
    if (attempts.length === 0) localStorage.removeItem(storageKey());
    else localStorage.setItem(storageKey(), JSON.stringify(attempts));
  } catch {
    // see read
  }
}
