export const settings = ["redis.regions", "redis.plan", "redis.budget", "redis.eviction"];
export const dangers = ["redis.reset-password", "redis.delete"];

/** The operations with a section on a database's page. redis.rename has a button beside the name. */
export const managed = ["redis.stats", "redis.backup.list", "redis.backup.create", ...settings, ...dangers];
