import type { WebhookEvent } from "@upstash-connect/client";

/**
 * What a product would keep in its database. Next.js bundles pages and routes apart, so that each would have a variable
 * of its own: all share this one.
 */
interface Memory {
  /** Who is logged in, by the cookie's value. */
  logins: Map<string, { user: User; until: number }>;
  /** Each user's database. */
  chosen: Map<string, string>;
  /** Webhooks, newest first. */
  events: WebhookEvent[];
}

/** One of the product's own users. Upstash Connect calls the id the external id: it never changes. */
export interface User {
  id: string;
  name: string;
}

const shared = globalThis as unknown as { tidepool?: Memory };
shared.tidepool ??= { logins: new Map(), chosen: new Map(), events: [] };

export const memory = shared.tidepool;

/** Remembers an event, unless it arrived before or a newer one of its grant did: each contains all of its grant. */
export function remember(event: WebhookEvent): void {
  const { grant, sequence } = event.data;
  const old = memory.events.some(({ data }) => data.grant.id === grant.id && data.sequence >= sequence);
  if (!old) memory.events = [event, ...memory.events].slice(0, 100);
}
