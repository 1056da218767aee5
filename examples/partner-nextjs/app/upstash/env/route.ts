import { look } from "../../../lib/look";
import { loggedIn } from "../../../lib/login";
import { upstash } from "../../../lib/upstash";

/** Reads the credentials at the moment of the download. The product stores none. */
export async function GET(): Promise<Response> {
  const user = await loggedIn();
  if (user === undefined) return new Response("log in first", { status: 401 });
  const { chosen: database } = await look(user);
  if (database === undefined) return new Response("no database is connected", { status: 404 });

  try {
    const { rest_url, rest_token } = await upstash().forUser(user.id).getDatabaseCredentials(database);
    const text = `UPSTASH_REDIS_REST_URL="${rest_url}"\nUPSTASH_REDIS_REST_TOKEN="${rest_token}"\n`;
    return new Response(text, {
      headers: {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Disposition": 'attachment; filename="tidepool.env"',
        "Cache-Control": "no-store",
      },
    });
  } catch (cause) {
    console.error("read credentials:", cause);
    return new Response("Upstash Connect gave no credentials; reload the page", { status: 502 });
  }
}
