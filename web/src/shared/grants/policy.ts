import { m } from "@/messages/messages";
import type { Policy, Reach } from "@/shared/api/services";

/** The part of a policy that its user can make smaller. A max_databases that cannot be read is NaN. */
export type Narrowing = Pick<Policy, "scopes" | "databases" | "max_databases">;

const reaches: readonly Reach[] = ["selected", "created", "all"];

/** The reaches that can be chosen up to one, the widest first: while nobody can select, "selected" is no choice. */
export function reachesUpTo(most: Reach): Reach[] {
  const upTo = reaches.slice(0, reaches.indexOf(most) + 1).reverse();
  return upTo.filter((reach) => reach === most || reach !== "selected");
}

export function narrowingOf({ scopes, databases, max_databases }: Policy): Narrowing {
  return { scopes, databases, max_databases };
}

/** What is less in `narrowed` than in `from`; empty when nothing is. */
export function changesBetween(from: Policy, narrowed: Narrowing): Partial<Narrowing> {
  const changes: Partial<Narrowing> = {};
  if (narrowed.scopes.length !== from.scopes.length) changes.scopes = narrowed.scopes;
  if (narrowed.databases !== from.databases) changes.databases = narrowed.databases;
  if (narrowed.max_databases !== from.max_databases) changes.max_databases = narrowed.max_databases;
  return changes;
}

/** Whether the user can leave a part of the policy out so that something remains. */
export function canBeNarrowed(policy: Policy): boolean {
  return policy.scopes.length > 1 || reachesUpTo(policy.databases).length > 1 || boundsCreates(policy);
}

/** Whether a lower number of databases would change anything. */
export function boundsCreates(policy: Pick<Policy, "scopes" | "max_databases">): boolean {
  return policy.scopes.includes("redis.create") && policy.max_databases !== 1;
}

/** What was entered as the most databases: NaN unless it is a whole number that allows no more than `most`. */
export function readMost(text: string, most: number): number {
  const entered = text.trim();
  // Only an empty field is "no bound": a 0 that somebody types means none at all.
  if (entered === "") return most === 0 ? 0 : Number.NaN;
  if (!/^[1-9]\d{0,8}$/.test(entered)) return Number.NaN;
  return most > 0 && Number(entered) > most ? Number.NaN : Number(entered);
}

export function mostHint(most: number): string {
  return most === 0 ? m.grants_maximum_unlimited_hint() : m.grants_maximum_hint({ most });
}

/** Why a choice cannot be sent, or undefined when it can. */
export function narrowingError(value: Narrowing, most: Policy): string | undefined {
  if (value.scopes.length === 0) return m.grants_no_permission();
  const creates = value.scopes.includes("redis.create");
  if (creates && Number.isNaN(value.max_databases)) {
    return m.grants_maximum_invalid({ hint: mostHint(most.max_databases) });
  }
  return undefined;
}

/** A choice as it is sent: a bound on creating says nothing where nothing may be created. */
export function settled(value: Narrowing, most: Policy): Narrowing {
  return value.scopes.includes("redis.create") ? value : { ...value, max_databases: most.max_databases };
}
