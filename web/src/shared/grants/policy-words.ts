import type { Policy, Reach } from "@/shared/api/services";
import { operationWords } from "./operation-words";

/** The permission in words. An unknown scope is shown unchanged. */
export function mayWords(scope: string): string {
  return operationWords[scope]?.may ?? scope;
}

/** The finished operation in words. An unknown scope is shown unchanged. */
export function didWords(scope: string): string {
  return operationWords[scope]?.did ?? scope;
}

const reachWords: Readonly<Record<Reach, string>> = {
  selected: "Only databases that you selected",
  created: "Only databases that it creates",
  all: "All databases of your Upstash account",
};

export function reachLabel(reach: Reach): string {
  return reachWords[reach] ?? reach;
}

/** One limit, as a label and its value. */
export interface Limit {
  label: string;
  value: string;
}

/** The limits on creating databases, their number first. Empty if the policy does not allow creating. */
export function limitsOf(policy: Policy): Limit[] {
  if (!policy.scopes.includes("redis.create")) return [];
  return [
    { label: "Databases", value: atMost(policy.max_databases) },
    { label: "Total budget", value: atMost(policy.max_budget) },
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
