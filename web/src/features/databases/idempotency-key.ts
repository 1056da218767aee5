import { useState } from "react";

/**
 * Gives one key for as long as the same thing is asked for. A create whose answer was lost can then be sent
 * again: the server finds out what became of it, instead of making a second database. Changed values are
 * another database, and get another key.
 */
export class IdempotencyKeys {
  private last: { request: string; key: string } | undefined;

  keyFor(body: unknown): string {
    const request = JSON.stringify(body);
    if (this.last?.request !== request) this.last = { request, key: randomKey() };
    return this.last.key;
  }
}

/** The keys of one form: opened anew, it means a new database even with the same values. */
export function useIdempotencyKeys(): IdempotencyKeys {
  const [keys] = useState(() => new IdempotencyKeys());
  return keys;
}

function randomKey(): string {
  // Not randomUUID, which a plain-http page on a private network does not have.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
