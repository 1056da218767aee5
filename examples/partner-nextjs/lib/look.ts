import type { Database } from "@upstash-connect/client";
import { memory, type User } from "./memory";
import { codeOf, newestGrant, upstash } from "./upstash";

export interface View {
  state: "none" | "active" | "paused" | "revoked" | "unreachable";
  account: string;
  databases: Database[];
  /** The id of the database that the user connected; after a restart, of the last one that the grant covers. */
  chosen?: string | undefined;
}

/** Asks Upstash Connect every time: the user may have revoked the access there a moment ago. */
export async function look(user: User): Promise<View> {
  let account = "";
  try {
    const grant = await newestGrant(user);
    if (grant === undefined) return { state: "none", account, databases: [] };
    account = grant.account.email;
    if (grant.state !== "active") {
      return { state: grant.state === "paused" ? "paused" : "revoked", account, databases: [] };
    }
    const databases = await upstash().forUser(user.id).listDatabases();
    const chosen = memory.chosen.get(user.id) ?? grant.database_ids.at(-1);
    return { state: "active", account, databases, chosen };
  } catch (cause) {
    const code = codeOf(cause);
    const state = code === "grant_paused" ? "paused" : code === "grant_required" ? "revoked" : "unreachable";
    if (state === "unreachable") console.error("look at the grant of", user.id, cause);
    return { state, account, databases: [] };
  }
}
