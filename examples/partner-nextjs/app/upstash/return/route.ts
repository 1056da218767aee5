import { redirect } from "next/navigation";
import type { NextRequest } from "next/server";
import { loggedIn } from "../../../lib/login";
import { memory } from "../../../lib/memory";
import { codeOf, upstash } from "../../../lib/upstash";

/**
 * The user's browser comes back. Links can be forwarded: somebody else may have opened this session. So the product says
 * who is logged in here, in this browser, and Upstash Connect compares. The next page's address has no code.
 */
export async function GET(request: NextRequest): Promise<Response> {
  const query = request.nextUrl.searchParams;
  const session = query.get("connect_session") ?? "";
  const ends = (outcome: string) =>
    redirect(`/upstash/returned?${new URLSearchParams({ outcome, connect_session: session })}`);

  const user = await loggedIn();
  if (user === undefined) return ends("nobody");
  if (query.has("error")) return ends("declined");

  let outcome = "done";
  try {
    const { database_id } = await upstash().completeConnectSession(session, query.get("code") ?? "", user.id);
    if (database_id !== "") memory.chosen.set(user.id, database_id);
  } catch (cause) {
    outcome = codeOf(cause) === "transaction_mismatch" ? "not-yours" : "failed";
    console.error("complete a connect session:", cause);
  }
  return ends(outcome);
}
