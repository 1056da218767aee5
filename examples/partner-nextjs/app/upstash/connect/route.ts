import { fromOwnPage, loggedIn } from "../../../lib/login";
import { newestGrant, upstash } from "../../../lib/upstash";

/** Answers the button's script. A paused grant is repaired; otherwise the user is asked for a database. */
export async function POST(request: Request): Promise<Response> {
  const user = await loggedIn();
  if (user === undefined || !fromOwnPage(request)) return new Response("log in first", { status: 401 });
  try {
    const grant = await newestGrant(user);
    const opened = await upstash().openConnectSession({
      external_id: user.id,
      display_name: user.name,
      return_url: `${process.env.PARTNER_URL}/upstash/return`,
      ...(grant?.state === "paused" ? { reconnect: grant.id } : { select: "database" }),
    });
    return Response.json({ url: opened.url, id: opened.id, status_token: opened.status_token });
  } catch (cause) {
    console.error("open a connect session:", cause);
    return new Response("Upstash Connect did not open a session", { status: 502 });
  }
}
