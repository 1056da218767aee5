import type { Policy, Reach } from "@/shared/api/services";

interface OperationWords {
  /** What it may do: "It may …". */
  may: string;
  /** What it has done. */
  did: string;
}

const operations: Readonly<Record<string, OperationWords>> = {
  "redis.list": { may: "List your databases", did: "Listed databases" },
  "redis.get": {
    may: "Read the details of a database, such as its region and endpoint",
    did: "Read a database",
  },
  "redis.create": {
    may: "Create databases in your Upstash account, which Upstash may charge you for",
    did: "Created a database",
  },
  "redis.credentials": {
    may: "Read the password and tokens of a database, and so all that is stored in it",
    did: "Read credentials",
  },
};

/** An operation in words; one that this page does not know is shown as it is. */
export function mayWords(scope: string): string {
  return operations[scope]?.may ?? scope;
}

/** A finished operation in words. */
export function didWords(scope: string): string {
  return operations[scope]?.did ?? scope;
}

const reachWords: Readonly<Record<Reach, string>> = {
  selected: "Only databases that you selected for it",
  created: "Only databases that it creates",
  all: "All databases of your Upstash account",
};

export function reachLabel(reach: Reach): string {
  return reachWords[reach] ?? reach;
}

/** One bound, as a label and what it is. */
export interface Limit {
  label: string;
  value: string;
}

/** The bounds of a policy that limit creating, that of their number first; none for a policy that creates nothing. */
export function limitsOf(policy: Policy): Limit[] {
  if (!policy.scopes.includes("redis.create")) return [];
  return [
    { label: "Databases", value: atMost(policy.max_databases) },
    { label: "Budget of all together", value: atMost(policy.max_budget) },
    { label: "Regions", value: listed(policy.regions) },
    { label: "Plans", value: listed(policy.plans) },
  ];
}

function atMost(bound: number): string {
  return bound === 0 ? "No limit" : `At most ${bound.toLocaleString("en")}`;
}

function listed(names: string[] | null): string {
  if (names === null) return "Any";
  return names.length === 0 ? "None" : names.join(", ");
}
