import { m } from "@/messages/messages";
import type { ConnectionEvent, Grant, GrantState } from "@/shared/api/services";

const states: Readonly<Record<GrantState, () => string>> = {
  active: m.access_grant_active,
  paused: m.access_grant_paused,
  revoked: m.access_grant_ended,
};

/** The state of a grant. An unknown state is shown unchanged. */
export function stateLabel(state: GrantState): string {
  return states[state]?.() ?? state;
}

const endedBy: Readonly<Record<string, () => string>> = {
  user: m.access_ended_by_user,
  service: m.access_ended_by_service,
  operator: m.access_ended_by_operator,
  disconnect: m.access_ended_by_disconnect,
  replaced: m.access_ended_by_replacement,
};

/** Who ended a grant, and why. */
export function endedByLabel(grant: Grant): string {
  return endedBy[grant.revoked_by]?.() ?? m.access_grant_ended();
}

const actions: Readonly<Record<string, () => string>> = {
  connected: m.access_did_connected,
  minted: m.access_did_minted,
  mint_failed: m.access_did_mint_failed,
  disconnected: m.access_did_disconnected,
  state_changed: m.access_did_state_changed,
  credentials_revealed: m.access_did_credentials_revealed,
  database_pinged: m.access_did_database_pinged,
  database_created: m.access_did_database_created,
  resource_created: m.access_did_resource_created,
  resource_changed: m.access_did_resource_changed,
  resource_deleted: m.access_did_resource_deleted,
  api_called: m.access_did_api_called,
  restored: m.access_did_restored,
  grant_approved: m.access_did_grant_approved,
  grant_refused: m.access_did_grant_refused,
  grant_failed: m.access_did_grant_failed,
  grant_created: m.access_did_grant_created,
  grant_recovered: m.access_did_grant_recovered,
  grant_narrowed: m.access_did_grant_narrowed,
  grant_revoked: m.access_did_grant_revoked,
};

/** An action in words. An unknown action is shown unchanged. */
export function actionLabel(action: string): string {
  return actions[action]?.() ?? action;
}

/** Who did it. A service appears with its name, or with its id if the name is no longer known. */
export function actorLabel({ kind, id, name }: ConnectionEvent["actor"]): string {
  switch (kind) {
    case "user":
      return m.access_actor_you();
    case "service":
      return name === "" ? id : name;
    case "operator":
      return m.access_actor_operator();
    case "server":
      return m.access_actor_server();
    default:
      return name === "" ? kind : name;
  }
}
