import { operationWords } from "@/shared/grants/operation-words";

const states: Readonly<Record<string, string>> = {
  active: "The connection is active",
  suspect: "Upstash rejected the key once; the server checks it again",
  reconnect_required: "Upstash rejected the key; log in again",
  disconnected: "The server destroyed its copy of the key",
};

const fields: Readonly<Record<string, string>> = {
  scopes: "May",
  databases: "Databases",
  regions: "Regions",
  plans: "Plans",
  max_databases: "Maximum number of databases",
  max_budget: "Maximum budget",
};

const endings: Readonly<Record<string, string>> = {
  "by user": "You revoked it",
  "by service": "The service gave it up",
  "by operator": "The operator revoked it",
  disconnect: "The account was disconnected",
  replaced: "Another account replaced this one",
};

/** The detail of an audit event in words. A detail of any other form is shown unchanged. */
export function detailLabel(action: string, detail: string): string {
  switch (action) {
    case "state_changed":
      return states[detail.split(" -> ")[1] ?? ""] ?? detail;
    case "grant_approved":
    case "grant_refused":
    case "grant_failed":
      return detail.replace(/^service /, "Service: ").replace(", database ", ". Database: ");
    case "grant_created":
      return operationWords[detail.split(", ")[0] ?? ""] === undefined
        ? detail
        : `May ${scopeList(detail, ", ")}`;
    case "grant_narrowed":
      return detail.split("; ").map(changeLabel).join("; ");
    case "grant_revoked":
      return endings[detail] ?? detail;
    default:
      return detail;
  }
}

/** A change such as "scopes: [redis.get redis.list]". */
function changeLabel(change: string): string {
  const [field = "", value] = change.split(": ");
  const label = fields[field];
  if (label === undefined || value === undefined) return change;
  return `${label}: ${scopeList(value.replace(/^\[|\]$/g, ""), " ")}`;
}

function scopeList(names: string, separator: string): string {
  return names
    .split(separator)
    .map((name) => operationWords[name]?.short ?? name)
    .join(", ");
}
