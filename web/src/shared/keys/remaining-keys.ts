import { useState } from "react";
import type { LeftoverKey } from "@/shared/api/types";
import { ownName } from "@/shared/public-path";

/** How many keys a browser remembers. An account has 37 keys at most. */
const mostKeys = 100;

/** Whether the key exists at Upstash, as far as the server knows. In every other state it may exist. */
export function isCertain({ state }: LeftoverKey): boolean {
  return state === "left_behind";
}

/**
 * The keys that the user has not reported as deleted or absent. Upstash does not tell us which keys exist, so we rely
 * on the user; their browser remembers what they reported.
 *
 * A report about a key that exists is remembered for good: the server never uses that name again. A name whose key may
 * exist can still become a key, because the server sends it once more when the account connects. So that report lasts
 * only in this tab, and never hides the key once it is known to exist.
 */
export function useRemainingKeys(keys: readonly LeftoverKey[]) {
  const [deleted, rememberDeleted] = useMarked(
    () => localStorage,
    () => ownName("upstash-connect.deleted-keys"),
  );
  const [checked, rememberChecked] = useMarked(
    () => sessionStorage,
    () => ownName("upstash-connect.checked-keys"),
  );
  const marked = (key: LeftoverKey) => (isCertain(key) ? deleted : checked).includes(markOf(key));
  return {
    remaining: keys.filter((key) => !marked(key)),
    takeOff: (key: LeftoverKey) => (isCertain(key) ? rememberDeleted : rememberChecked)([key]),
  };
}

/** The keys that are shown in this tab. Hidden keys may be valid, so a later visit shows them again. */
export function useShownKeys(keys: readonly LeftoverKey[]) {
  const [hidden, remember] = useMarked(
    () => sessionStorage,
    () => ownName("upstash-connect.hidden-keys"),
  );
  const shown = keys.filter((key) => !hidden.includes(markOf(key)));
  return { shown, hideAll: () => remember(shown) };
}

/** A mark holds the state as well: what the user said of a key that may exist is not said of one that exists. */
function markOf({ name, state }: LeftoverKey): string {
  return `${state} ${name}`;
}

function useMarked(storage: () => Storage, entry: () => string) {
  const [marks, setMarks] = useState(() => read(storage, entry));
  const add = (keys: readonly LeftoverKey[]) => {
    // Another tab may have written since.
    const all = [...new Set([...read(storage, entry), ...marks, ...keys.map(markOf)])].slice(-mostKeys);
    setMarks(all);
    write(storage, entry, all);
  };
  return [marks, add] as const;
}

function read(storage: () => Storage, entry: () => string): string[] {
  try {
    const marks: unknown = JSON.parse(storage().getItem(entry()) ?? "[]");
    return Array.isArray(marks) ? marks.map(String) : [];
  } catch {
    return []; // storage is switched off, or something else wrote this entry
  }
}

function write(storage: () => Storage, entry: () => string, marks: readonly string[]): void {
  try {
    storage().setItem(entry(), JSON.stringify(marks));
  } catch {
    // storage is switched off: the keys are shown again
  }
}
