import { useState } from "react";

/**
 * Returns the same key for the same request body. A create whose response was lost can then be retried: the
 * server checks its outcome instead of creating a second resource. A changed body gets a new key.
 */
export class IdempotencyKeys {
  private last: { request: string; key: string } | undefined;

  keyFor(body: unknown): string {
    const request = JSON.stringify(body);
    if (this.last?.request !== request) this.last = { request, key: randomKey() };
    return this.last.key;
  }

  /** After a success the same body is a new call: the server would replay the response of the old one. */
  renew(): void {
    this.last = undefined;
  }
}

/** The keys of one form. Opening the form again is a new request, even with the same values. */
export function useIdempotencyKeys(): IdempotencyKeys {
  const [keys] = useState(() => new IdempotencyKeys());
  return keys;
}

function randomKey(): string {
  // randomUUID does not exist on pages served over plain HTTP, as on a private network.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
