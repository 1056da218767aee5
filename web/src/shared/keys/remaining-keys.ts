import { useState } from "react";
import type { LeftoverKey } from "@/shared/api/types";
import { ownName } from "@/shared/public-path";

/** How many names a browser remembers. An account has 37 keys at most. */
const mostNames = 100;

/**
 * The keys that the user has not reported as deleted. Upstash does not tell us which keys exist, so we rely on the
 * user; their browser remembers what they reported.
 */
export function useRemainingKeys(keys: readonly LeftoverKey[]) {
  const [deleted, remember] = useNames(
    () => localStorage,
    () => ownName("upstash-connect.deleted-keys"),
  );
  return {
    remaining: keys.filter(({ name }) => !deleted.includes(name)),
    markDeleted: (name: string) => remember([name]),
  };
}

/** The keys that are shown in this tab. Hidden keys are still valid, so a later visit shows them again. */
export function useShownKeys(keys: readonly LeftoverKey[]) {
  const [hidden, remember] = useNames(
    () => sessionStorage,
    () => ownName("upstash-connect.hidden-keys"),
  );
  const shown = keys.filter(({ name }) => !hidden.includes(name));
  return { shown, hideAll: () => remember(shown.map(({ name }) => name)) };
}

function useNames(storage: () => Storage, entry: () => string) {
  const [names, setNames] = useState(() => read(storage, entry));
  const add = (more: readonly string[]) => {
    const all = [...names, ...more].slice(-mostNames);
    setNames(all);
    write(storage, entry, all);
  };
  return [names, add] as const;
}

function read(storage: () => Storage, entry: () => string): string[] {
  try {
    const names: unknown = JSON.parse(storage().getItem(entry()) ?? "[]");
    return Array.isArray(names) ? names.map(String) : [];
  } catch {
    return []; // storage is switched off, or something else wrote this entry
  }
}

function write(storage: () => Storage, entry: () => string, names: readonly string[]): void {
  try {
    storage().setItem(entry(), JSON.stringify(names));
  } catch {
    // storage is switched off: the keys are shown again
  }
}
