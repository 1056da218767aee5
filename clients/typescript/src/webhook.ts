import { Webhook } from "standardwebhooks";
import type { components } from "./schema.gen.ts";

export type WebhookEvent = components["schemas"]["WebhookEvent"];

/**
 * Verifies a webhook and returns its event. `secret` is the whsec_ text; during a rotation it may contain several, one
 * per line. `body` must be exactly the text that arrived.
 *
 * An event may arrive more than once, with the same id: ignore those that you have seen. Each contains the complete
 * grant: ignore an event whose `data.sequence` is lower than one that you have seen for this grant.
 */
export function parseWebhook(
  secret: string,
  headers: Headers | Record<string, string>,
  body: string,
): WebhookEvent {
  const sent: Record<string, string> = {};
  if (headers instanceof Headers)
    headers.forEach((value, name) => {
      sent[name] = value;
    });
  else Object.assign(sent, headers);
  let last: unknown = new Error("a webhook secret is required");
  for (const text of secret.split(/\s+/).filter((part) => part !== "")) {
    try {
      return new Webhook(text).verify(body, sent) as WebhookEvent;
    } catch (error) {
      last = error;
    }
  }
  throw last;
}
