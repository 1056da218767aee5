import { parseWebhook } from "@upstash-connect/client/webhook";
import { boundedText } from "../../../lib/body";
import { remember } from "../../../lib/memory";
import { secret } from "../../../lib/upstash";

/** The most bytes of a webhook. Anybody can post here, so the body is bounded before its signature is known. */
const mostBytes = 64 * 1024;

/** Accepts an event if its signature is right. Every 2xx says "received": the event is not sent again. */
export async function POST(request: Request): Promise<Response> {
  const body = await boundedText(request, mostBytes);
  if (body === undefined) return new Response("too long", { status: 413 });
  try {
    remember(parseWebhook(secret("CONNECT_WEBHOOK_SECRET_FILE"), request.headers, body));
  } catch {
    return new Response("the signature does not match", { status: 401 });
  }
  return new Response(null, { status: 204 });
}
