import type { ConnectionEvent } from "@/shared/api/services";
import { operationWords } from "@/shared/grants/operation-words";
import { detailLabel } from "./detail-label";
import { actionLabel } from "./labels";

export interface EventWords {
  title: string;
  /** What it was about; may be empty. */
  detail: string;
  /** The page about that, where there is one. */
  href?: string;
}

/** The actions whose detail is the id of a database. */
const aboutDatabases: ReadonlySet<string> = new Set([
  "database_created",
  "database_pinged",
  "credentials_revealed",
]);

/** The actions whose detail is the name of an operation and the id of what it was called on. */
const aboutResources: ReadonlySet<string> = new Set([
  "resource_created",
  "resource_changed",
  "resource_deleted",
  "credentials_revealed",
]);

const pages: Readonly<Record<string, string>> = {
  redis: "/databases",
  vector: "/vector",
  search: "/search",
  qstash: "/qstash",
};

/** An audit event in words. What is not known here is shown unchanged. */
export function eventWords({ action, detail }: Pick<ConnectionEvent, "action" | "detail">): EventWords {
  const [operation = "", id, ...rest] = detail.split(" ");
  const words = operationWords[operation];
  if (aboutResources.has(action) && words !== undefined && id !== undefined && rest.length === 0) {
    return { title: words.did(), detail: id, ...pageOf(action, operation, id) };
  }
  const isDatabase = aboutDatabases.has(action) && detail !== "" && !detail.includes(" ");
  return {
    title: actionLabel(action),
    detail: detailLabel(action, detail),
    ...(isDatabase ? { href: `/databases/${encodeURIComponent(detail)}` } : {}),
  };
}

/** What was deleted has no page, and neither has a backup. */
function pageOf(action: string, operation: string, id: string): { href?: string } {
  const page = pages[operation.split(".")[0] ?? ""];
  if (page === undefined || action === "resource_deleted" || operation.startsWith("redis.backup.")) return {};
  return { href: `${page}/${encodeURIComponent(id)}` };
}
