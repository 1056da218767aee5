import { useCallback, useState } from "react";
import type { ListView } from "./arrange";

/**
 * What the user has chosen to see of the list with this id. The entry of the browser's history remembers it, so that
 * the Back button and a reload return to it. It is not in the address: a search is nobody else's business.
 */
export function useListView(id: string, initial: ListView): [ListView, (change: Partial<ListView>) => void] {
  const [view, setView] = useState(() => ({ ...initial, ...remembered(id) }));

  const change = useCallback(
    (changed: Partial<ListView>) => {
      const next = { ...view, ...changed };
      setView(next);
      remember(id, next);
    },
    [id, view],
  );
  return [view, change];
}

interface EntryState {
  lists?: Record<string, Partial<ListView>>;
}

function entryState(): EntryState | null {
  return window.history.state as EntryState | null;
}

function remembered(id: string): Partial<ListView> | undefined {
  return entryState()?.lists?.[id];
}

function remember(id: string, view: ListView): void {
  const state = entryState();
  try {
    window.history.replaceState({ ...state, lists: { ...state?.lists, [id]: view } }, "");
  } catch {
    // Safari refuses more than a hundred changes in half a minute. The next change is remembered again.
  }
}
