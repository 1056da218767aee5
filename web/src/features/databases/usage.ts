import type { DatabaseStats } from "@/shared/api/types";
import type { Usage } from "@/shared/stats/series";

/** What the page shows of a database's statistics, in display order. */
export function databaseUsage(stats: DatabaseStats): Usage {
  return {
    totals: [
      { label: "Storage now", unit: "bytes", value: stats.current_storage },
      { label: "Commands today", unit: "count", value: stats.daily_net_commands },
      { label: "Reads today", unit: "count", value: stats.daily_read_requests },
      { label: "Writes today", unit: "count", value: stats.daily_write_requests },
      { label: "Bandwidth today", unit: "bytes", value: stats.dailybandwidth },
      { label: "Cost this month", unit: "dollars", value: stats.total_monthly_billing },
      { label: "Commands this month", unit: "count", value: stats.total_monthly_requests },
      { label: "Reads this month", unit: "count", value: stats.total_monthly_read_requests },
      { label: "Writes this month", unit: "count", value: stats.total_monthly_write_requests },
      { label: "Script calls this month", unit: "count", value: stats.total_monthly_script_requests },
      { label: "Storage this month", unit: "bytes", value: stats.total_monthly_storage },
      { label: "Bandwidth this month", unit: "bytes", value: stats.total_monthly_bandwidth },
    ],
    series: [
      { label: "Commands per second", unit: "number", points: stats.throughput },
      { label: "Keys", unit: "count", points: stats.keyspace },
      { label: "Storage", unit: "bytes", points: stats.diskusage },
      { label: "Connections", unit: "count", points: stats.connection_count },
      { label: "Reads", unit: "count", points: stats.read },
      { label: "Writes", unit: "count", points: stats.write },
      { label: "Reads of keys that exist (hits)", unit: "count", points: stats.hits },
      { label: "Reads of keys that do not exist (misses)", unit: "count", points: stats.misses },
      { label: "Mean latency", unit: "number", points: stats.latencymean },
      { label: "Latency of the slowest 1%", unit: "number", points: stats.latency_99 },
      { label: "Mean read latency", unit: "number", points: stats.read_latency_mean },
      { label: "Read latency of the slowest 1%", unit: "number", points: stats.read_latency_99 },
      { label: "Mean write latency", unit: "number", points: stats.write_latency_mean },
      { label: "Write latency of the slowest 1%", unit: "number", points: stats.write_latency_99 },
      { label: "Commands by day", unit: "count", points: stats.dailyrequests },
      { label: "Bandwidth by day", unit: "bytes", points: stats.bandwidths },
      { label: "Cost by day", unit: "dollars", points: stats.dailybilling },
    ],
    note: "Latencies are in Upstash’s unit, which its documents do not define.",
  };
}
