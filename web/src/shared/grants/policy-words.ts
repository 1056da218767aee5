import { m } from "@/messages/messages";
import { getLocale } from "@/messages/runtime";
import type { Policy, Reach } from "@/shared/api/services";
import { operationWords } from "./operation-words";

/** The permission in words. An unknown scope is shown unchanged. */
export function mayWords(scope: string): string {
  return operationWords[scope]?.may() ?? scope;
}

/** The finished operation in words. An unknown scope is shown unchanged. */
export function didWords(scope: string): string {
  return operationWords[scope]?.did() ?? scope;
}

const reachLabels: Readonly<Record<Reach, () => string>> = {
  selected: m.grants_reach_selected,
  created: m.grants_reach_created,
  all: m.grants_reach_all,
};

export function reachLabel(reach: Reach): string {
  return reachLabels[reach]?.() ?? reach;
}

/** One limit, as a label and its value. */
export interface Limit {
  label: string;
  value: string;
}

/** Whether the policy allows creating something other than databases, which its regions and plans bound too. */
export function createsOthers({ scopes }: Pick<Policy, "scopes">): boolean {
  return scopes.includes("vector.create") || scopes.includes("search.create");
}

/** The limits on creating, the number of databases first. Empty if the policy does not allow creating. */
export function limitsOf(policy: Policy): Limit[] {
  const databases = policy.scopes.includes("redis.create");
  if (!databases && !createsOthers(policy)) return [];
  const ofDatabases = [
    { label: m.grants_limit_databases(), value: atMost(policy.max_databases) },
    { label: m.grants_limit_budget(), value: atMost(policy.max_budget) },
  ];
  return [
    ...(databases ? ofDatabases : []),
    { label: m.grants_limit_regions(), value: listed(policy.regions) },
    { label: m.grants_limit_plans(), value: listed(policy.plans) },
  ];
}

function atMost(bound: number): string {
  if (bound === 0) return m.grants_limit_none();
  return m.grants_limit_at_most({ bound: bound.toLocaleString(getLocale()) });
}

function listed(names: string[] | null): string {
  if (names === null) return m.grants_limit_any();
  return names.length === 0 ? m.grants_limit_no_value() : names.join(", ");
}
