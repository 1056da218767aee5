import type { User } from "./memory";
import { codeOf, type Database, newestGrant, upstash } from "./upstash";

export interface View {
  state: "none" | "active" | "paused" | "revoked" | "unreachable";
  account: string;
  databases: Database[];
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
    const { databases } = await upstash().forUser(user.id).listDatabases();
    return { state: "active", account, databases };
  } catch (cause) {
    const code = codeOf(cause);
    const state = code === "grant_paused" ? "paused" : code === "grant_required" ? "revoked" : "unreachable";
    if (state === "unreachable") console.error("look at the grant of", user.id, cause);
    return { state, account, databases: [] };
  }
}
