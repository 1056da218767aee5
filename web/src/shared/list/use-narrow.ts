import { useSyncExternalStore } from "react";

/** Where list-table.module.css turns from columns to lines below one another. */
const narrow = "(max-width: 60rem)";

/** Whether the window is too narrow for columns. */
export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => query()?.matches === true);
}

function subscribe(onChange: () => void): () => void {
  const list = query();
  list?.addEventListener("change", onChange);
  return () => list?.removeEventListener("change", onChange);
}

/** jsdom has no layout and no matchMedia. */
function query(): MediaQueryList | undefined {
  return typeof window.matchMedia === "function" ? window.matchMedia(narrow) : undefined;
}
