import type { Sandbox } from "../sandbox";

type Body = Record<string, unknown>;

const hour = 3_600;

/** 64 characters, as Upstash allows. */
export const longestName = `rate-limits_staging-environment-eu-${"x".repeat(29)}`;

export const longestEmail =
  "maximiliane.von-der-lange-strasse@subdomain.of.a-company-with-a-long-name.example.com";

/** The time so many hours ago, in the middle of the hour: its label stays the same while a test runs. */
const ago = (hours: number) => Math.floor(Date.now() / 1000) - (hours + 0.5) * hour;

/** Databases as the Developer API lists them, the newest two hours old and each of the others older. */
export function databases(count: number): Body[] {
  const names = ["orders-production", "sessions", longestName];
  const regions = ["eu-west-1", "us-east-1", "us-west-1", "ap-southeast-1"];
  return Array.from({ length: count }, (_, n) => ({
    database_id: `${String(n).padStart(8, "0")}-efb7-4feb-8467-64d8385ea796`,
    database_name: n < names.length ? names[n] : `${names[n % 2]}-${n}`,
    state: n === 2 ? "suspended" : "active",
    type: "payg",
    platform: "aws",
    region: "global",
    primary_region: regions[n % regions.length],
    read_regions: regions.slice(0, n % regions.length).filter((each) => each !== regions[n % regions.length]),
    endpoint: `eu2-orders-${30_000 + n}.upstash.io`,
    port: 6379,
    tls: true,
    budget: 20,
    eviction: false,
    creation_time: ago(2 + 24 * n),
    password: "p4ssw0rd-of-the-database-0123456789ab",
    rest_token: "AXVnAAIncDE4ZDc3NjQ5YjQ1NjY0ZmQ3YmU1",
    read_only_rest_token: "AnVnAAIgcDE0N2Y4YzE2MDAyZjM0ZTQ5OWE2",
  }));
}

/** From now on the Developer API returns these databases, in the list and each by its id. */
export async function serveDatabases(sandbox: Sandbox, bodies: Body[]): Promise<void> {
  await sandbox.endFaults();
  const get = { target: "upstash", method: "GET" } as const;
  await sandbox.fault({
    match: { ...get, path: "/v2/redis/databases" },
    count: -1,
    do: { status: 200, body: bodies },
  });
  for (const body of bodies.slice(0, 3)) {
    const path = `/v2/redis/database/${body.database_id}`;
    await sandbox.fault({ match: { ...get, path }, count: -1, do: { status: 200, body } });
  }
}

/** A series of measured values, one for each hour, as Upstash writes their times. */
function series(values: number[]): { x: string; y: number }[] {
  return values.map((y, n) => {
    const at = new Date((ago(values.length - n) - 1800) * 1000).toISOString();
    return { x: `${at.slice(0, 10)} ${at.slice(11, 23)}000000 +0000 UTC`, y };
  });
}

/** The usage of a database that is in use. */
export function usage(): Body {
  const wave = [120, 340, 310, 560, 610, 480, 720, 690];
  const part = (share: number) => series(wave.map((value) => Math.round(value * share)));
  return {
    daily_net_commands: 182_340,
    daily_read_requests: 150_120,
    daily_write_requests: 32_220,
    connection_count: part(0.1),
    keyspace: part(12),
    throughput: part(1),
    diskusage: part(4096),
    latencymean: part(0.01),
    latency_99: part(0.05),
    read_latency_mean: part(0.01),
    read_latency_99: part(0.04),
    write_latency_mean: part(0.02),
    write_latency_99: part(0.06),
    hits: part(0.8),
    misses: part(0.2),
    read: part(0.8),
    write: part(0.2),
    dailyrequests: [],
    days: [],
    dailybilling: [],
    dailybandwidth: 734_003_200,
    bandwidths: [],
    total_monthly_bandwidth: 19_327_352_832,
    total_monthly_requests: 5_420_000,
    total_monthly_read_requests: 4_410_000,
    total_monthly_write_requests: 1_010_000,
    total_monthly_script_requests: 12_000,
    total_monthly_storage: 2_147_483_648,
    current_storage: 1_610_612_736,
    total_monthly_billing: 10.84,
    command_counts: [],
  };
}

/** Two backups, one of which is not complete. */
export function backups(): Body[] {
  const backup = (name: string, state: string, hours: number, daily: string) => ({
    name,
    backup_id: `backup-${name}`,
    creation_time: ago(hours),
    state,
    backup_size: 734_003_200,
    daily_backup: daily,
    hourly_backup: "false",
  });
  return [backup("before-import", "completed", 30, "false"), backup("nightly", "pending", 3, "true")];
}
