import { m } from "@/messages/messages";
import type { DatabaseStats } from "@/shared/api/types";
import type { Usage } from "@/shared/stats/series";

/** What the page shows of a database's statistics, in display order. */
export function databaseUsage(stats: DatabaseStats): Usage {
  return {
    totals: [
      { label: m.databases_usage_storage_now(), unit: "bytes", value: stats.current_storage },
      { label: m.databases_usage_commands_today(), unit: "count", value: stats.daily_net_commands },
      { label: m.databases_usage_reads_today(), unit: "count", value: stats.daily_read_requests },
      { label: m.databases_usage_writes_today(), unit: "count", value: stats.daily_write_requests },
      { label: m.databases_usage_bandwidth_today(), unit: "bytes", value: stats.dailybandwidth },
      { label: m.databases_usage_cost_month(), unit: "dollars", value: stats.total_monthly_billing },
      { label: m.databases_usage_commands_month(), unit: "count", value: stats.total_monthly_requests },
      { label: m.databases_usage_reads_month(), unit: "count", value: stats.total_monthly_read_requests },
      { label: m.databases_usage_writes_month(), unit: "count", value: stats.total_monthly_write_requests },
      { label: m.databases_usage_scripts_month(), unit: "count", value: stats.total_monthly_script_requests },
      { label: m.databases_usage_storage_month(), unit: "bytes", value: stats.total_monthly_storage },
      { label: m.databases_usage_bandwidth_month(), unit: "bytes", value: stats.total_monthly_bandwidth },
    ],
    series: [
      { label: m.databases_usage_throughput(), unit: "number", points: stats.throughput },
      { label: m.databases_usage_keys(), unit: "count", points: stats.keyspace },
      { label: m.databases_usage_storage(), unit: "bytes", points: stats.diskusage },
      { label: m.databases_usage_connections(), unit: "count", points: stats.connection_count },
      { label: m.databases_usage_reads(), unit: "count", points: stats.read },
      { label: m.databases_usage_writes(), unit: "count", points: stats.write },
      { label: m.databases_usage_hits(), unit: "count", points: stats.hits },
      { label: m.databases_usage_misses(), unit: "count", points: stats.misses },
      { label: m.databases_usage_latency(), unit: "number", points: stats.latencymean },
      { label: m.databases_usage_latency_99(), unit: "number", points: stats.latency_99 },
      { label: m.databases_usage_read_latency(), unit: "number", points: stats.read_latency_mean },
      { label: m.databases_usage_read_latency_99(), unit: "number", points: stats.read_latency_99 },
      { label: m.databases_usage_write_latency(), unit: "number", points: stats.write_latency_mean },
      { label: m.databases_usage_write_latency_99(), unit: "number", points: stats.write_latency_99 },
      { label: m.databases_usage_commands_by_day(), unit: "count", points: stats.dailyrequests },
      { label: m.databases_usage_bandwidth_by_day(), unit: "bytes", points: stats.bandwidths },
      { label: m.databases_usage_cost_by_day(), unit: "dollars", points: stats.dailybilling },
    ],
    note: m.databases_usage_note(),
  };
}
