import { parseWebhook } from "@upstash-connect/client/webhook";
import { remember } from "../../../lib/memory";
import { secret } from "../../../lib/upstash";

/** Accepts an event if its signature is right. Every 2xx says "received": the event is not sent again. */
export async function POST(request: Request): Promise<Response> {
  const body = await request.text();
  try {
    remember(parseWebhook(secret("CONNECT_WEBHOOK_SECRET_FILE"), request.headers, body));
  } catch {
    return new Response("the signature does not match", { status: 401 });
  }
  return new Response(null, { status: 204 });
}
