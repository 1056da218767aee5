import { remember } from "../../../lib/memory";
import { verify } from "../../../lib/upstash";

/** Accepts an event if its signature is right. Every 2xx says "received": the event is not sent again. */
export async function POST(request: Request): Promise<Response> {
  const body = await request.text();
  try {
    remember(verify(body, request.headers));
  } catch {
    return new Response("the signature does not match", { status: 401 });
  }
  return new Response(null, { status: 204 });
}
