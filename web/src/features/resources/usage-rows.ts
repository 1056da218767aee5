import type { ResourceStats } from "@/shared/api/types";
import { bytesWords } from "./words";

export interface UsageRow {
  label: string;
  value: string;
}

type Scalar = {
  [Key in keyof ResourceStats]-?: NonNullable<ResourceStats[Key]> extends number ? Key : never;
}[keyof ResourceStats];

const count = (value: number) => value.toLocaleString("en");
const dollars = (value: number) =>
  value.toLocaleString("en", { style: "currency", currency: "USD", maximumFractionDigits: 4 });

/** The numbers that there are, in the order of the page. */
const numbers: readonly [Scalar, string, (value: number) => string][] = [
  ["current_vector_count", "Vectors", count],
  ["pending_index_count", "Vectors that are not indexed yet", count],
  ["storage_usage", "Storage", bytesWords],
  ["daily_query_count", "Queries today", count],
  ["daily_update_count", "Updates today", count],
  ["daily_rerank_count", "Reranks today", count],
  ["monthly_query_count", "Queries this month", count],
  ["monthly_update_count", "Updates this month", count],
  ["monthly_rerank_count", "Reranks this month", count],
  ["monthly_bandwidth_usage", "Bandwidth this month", bytesWords],
  ["monthly_cost", "Cost this month", dollars],
  ["dlq_message_count", "Messages in the dead letter queue", count],
  ["total_monthly_billing", "Cost this month", dollars],
];

/** The rows of the table: what Upstash leaves out is left out. */
export function usageRows(stats: ResourceStats): UsageRow[] {
  return numbers.flatMap(([key, label, words]) => {
    const value = stats[key];
    return value === undefined ? [] : [{ label, value: words(value) }];
  });
}
