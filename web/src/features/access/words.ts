import type { ConnectionEvent, Grant, GrantState } from "@/shared/api/services";

export const stateWords: Readonly<Record<GrantState, string>> = {
  active: "Active",
  paused: "Paused",
  revoked: "Ended",
};

const endings: Readonly<Record<string, string>> = {
  user: "You took it back",
  service: "The service gave it back",
  operator: "The operator ended it",
  disconnect: "It ended when you disconnected",
  replaced: "It was replaced by another account",
};

/** Who ended a grant, in words. */
export function endingWords(grant: Grant): string {
  return endings[grant.revoked_by] ?? "It ended";
}

const actions: Readonly<Record<string, string>> = {
  connected: "Account connected",
  minted: "Developer key made",
  mint_failed: "Making a developer key failed",
  disconnected: "Account disconnected",
  state_changed: "State of the connection changed",
  credentials_revealed: "Credentials shown",
  database_created: "Database created",
  restored: "Server restored from a backup",
  grant_approved: "You allowed a service to act for you",
  grant_refused: "You refused a service",
  grant_failed: "An invitation ended: somebody else came back with it",
  grant_created: "Service may act for you from here on",
  grant_recovered: "Service may act for you again",
  grant_narrowed: "Service may do less",
  grant_revoked: "Service may no longer act for you",
};

/** What was done, in words; an action that this page does not know is shown as it is. */
export function actionWords(action: string): string {
  return actions[action] ?? action;
}

/** Who did it, in words. A service is called by its name, or by its id where the name is no longer known. */
export function actorWords({ kind, id, name }: ConnectionEvent["actor"]): string {
  switch (kind) {
    case "user":
      return "You";
    case "service":
      return name === "" ? id : name;
    case "operator":
      return "The operator";
    case "server":
      return "The server";
    default:
      return name === "" ? kind : name;
  }
}
