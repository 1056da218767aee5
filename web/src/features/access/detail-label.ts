import { m } from "@/messages/messages";
import { operationWords } from "@/shared/grants/operation-words";

const states: Readonly<Record<string, () => string>> = {
  active: m.access_state_active,
  suspect: m.access_state_suspect,
  reconnect_required: m.access_state_reconnect_required,
  disconnected: m.access_state_disconnected,
};

/** The fields of a policy that can be narrowed, with their new value. */
const fields: Readonly<Record<string, (inputs: { value: string }) => string>> = {
  scopes: m.access_narrowed_scopes,
  databases: m.access_narrowed_databases,
  regions: m.access_narrowed_regions,
  plans: m.access_narrowed_plans,
  max_databases: m.access_narrowed_max_databases,
  max_budget: m.access_narrowed_max_budget,
};

const reaches: Readonly<Record<string, () => string>> = {
  selected: m.access_reach_selected,
  created: m.access_reach_created,
  all: m.access_reach_all,
};

const endings: Readonly<Record<string, () => string>> = {
  "by user": m.access_by_user,
  "by service": m.access_by_service,
  "by operator": m.access_by_operator,
  disconnect: m.access_by_disconnect,
  replaced: m.access_by_replacement,
};

/** The detail of an audit event in words. A detail of any other form is shown unchanged. */
export function detailLabel(action: string, detail: string): string {
  switch (action) {
    case "connected":
      return connectedLabel(detail);
    case "state_changed":
      return states[detail.split(" -> ")[1] ?? ""]?.() ?? detail;
    case "grant_approved":
    case "grant_refused":
    case "grant_failed":
      return serviceLabel(detail);
    case "grant_created":
      return operationWords[detail.split(", ")[0] ?? ""] === undefined
        ? detail
        : m.access_may({ operations: scopeList(detail, ", ") });
    case "grant_narrowed":
      return detail.split("; ").map(changeLabel).join("; ");
    case "grant_revoked":
      return endings[detail]?.() ?? detail;
    default:
      return detail;
  }
}

/** A connection such as "Created developer key ACME_API_KEY_1". */
function connectedLabel(detail: string): string {
  const [, verb, key] = /^(Created|Reused) developer key (\S+)$/.exec(detail) ?? [];
  if (key === undefined) return detail;
  return verb === "Created" ? m.access_key_created({ key }) : m.access_key_reused({ key });
}

/** A service such as "service shop", with the database that the user picked for it: "service shop, database db-1". */
function serviceLabel(detail: string): string {
  const [, service, database] = /^service (.+?)(?:, database (.+))?$/.exec(detail) ?? [];
  if (service === undefined) return detail;
  return database === undefined
    ? m.access_service({ service })
    : m.access_service_database({ service, database });
}

/** A change such as "scopes: [redis.get redis.list]". */
function changeLabel(change: string): string {
  const [field = "", text] = change.split(": ");
  const label = fields[field];
  if (label === undefined || text === undefined) return change;
  const value =
    field === "databases" ? (reaches[text]?.() ?? text) : scopeList(text.replace(/^\[|\]$/g, ""), " ");
  return label({ value });
}

function scopeList(names: string, separator: string): string {
  return names
    .split(separator)
    .map((name) => operationWords[name]?.short() ?? name)
    .join(", ");
}
