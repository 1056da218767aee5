import type { ConnectionEvent, Grant, GrantState } from "@/shared/api/services";

export const stateLabels: Readonly<Record<GrantState, string>> = {
  active: "Active",
  paused: "Paused",
  revoked: "Ended",
};

const endedBy: Readonly<Record<string, string>> = {
  user: "You revoked its access",
  service: "The service gave up its access",
  operator: "The operator revoked it",
  disconnect: "Ended when you disconnected",
  replaced: "Replaced by another account",
};

/** Who ended a grant, and why. */
export function endedByLabel(grant: Grant): string {
  return endedBy[grant.revoked_by] ?? "Ended";
}

const actions: Readonly<Record<string, string>> = {
  connected: "Account connected",
  minted: "Developer key created",
  mint_failed: "Creating a developer key failed",
  disconnected: "Account disconnected",
  state_changed: "Connection state changed",
  credentials_revealed: "Credentials revealed",
  database_created: "Database created",
  resource_created: "Resource created",
  resource_changed: "Resource changed",
  resource_deleted: "Resource deleted",
  api_called: "Called the Upstash API",
  restored: "Server restored from a backup",
  grant_approved: "You allowed a service",
  grant_refused: "You declined a service",
  grant_failed: "Invitation cancelled: another user opened it",
  grant_created: "Service received access",
  grant_recovered: "Service received access again",
  grant_narrowed: "Access of a service reduced",
  grant_revoked: "Access of a service revoked",
};

/** An action in words. An unknown action is shown unchanged. */
export function actionLabel(action: string): string {
  return actions[action] ?? action;
}

/** Who did it. A service appears with its name, or with its id if the name is no longer known. */
export function actorLabel({ kind, id, name }: ConnectionEvent["actor"]): string {
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
