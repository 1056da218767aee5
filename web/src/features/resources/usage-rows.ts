import { m } from "@/messages/messages";
import { getLocale } from "@/messages/runtime";
import type { ResourceStats } from "@/shared/api/types";
import { bytesWords } from "./words";

export interface UsageRow {
  label: string;
  value: string;
}

type Scalar = {
  [Key in keyof ResourceStats]-?: NonNullable<ResourceStats[Key]> extends number ? Key : never;
}[keyof ResourceStats];

const count = (value: number) => value.toLocaleString(getLocale());
const dollars = (value: number) =>
  value.toLocaleString(getLocale(), { style: "currency", currency: "USD", maximumFractionDigits: 4 });

/** The numbers that there are, in the order of the page. */
const numbers: readonly [Scalar, () => string, (value: number) => string][] = [
  ["current_vector_count", m.resources_usage_vectors, count],
  ["pending_index_count", m.resources_usage_pending, count],
  ["storage_usage", m.resources_usage_storage, bytesWords],
  ["daily_query_count", m.resources_usage_queries_today, count],
  ["daily_update_count", m.resources_usage_updates_today, count],
  ["daily_rerank_count", m.resources_usage_reranks_today, count],
  ["monthly_query_count", m.resources_usage_queries_month, count],
  ["monthly_update_count", m.resources_usage_updates_month, count],
  ["monthly_rerank_count", m.resources_usage_reranks_month, count],
  ["monthly_bandwidth_usage", m.resources_usage_bandwidth_month, bytesWords],
  ["monthly_cost", m.resources_usage_cost_month, dollars],
  ["dlq_message_count", m.resources_usage_dead_letters, count],
  ["total_monthly_billing", m.resources_usage_cost_month, dollars],
];

/** The rows of the table: what Upstash leaves out is left out. */
export function usageRows(stats: ResourceStats): UsageRow[] {
  return numbers.flatMap(([key, label, words]) => {
    const value = stats[key];
    return value === undefined ? [] : [{ label: label(), value: words(value) }];
  });
}
