import { type RefObject, useLayoutEffect } from "react";

/**
 * For a part that its own button may remove, such as a problem with "Retry". The focus then moves to what is around the
 * part: the browser would leave it nowhere, and a screen reader would begin again at the top of the page.
 */
export function useKeptFocus(part: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const element = part.current;
    if (element === null) return;
    return () => {
      if (!element.contains(document.activeElement)) return;
      const around = [...parentsOf(element)].filter((parent) => parent.matches("section, dialog, main"));
      queueMicrotask(() => focusFirst(around));
    };
  }, [part]);
}

function* parentsOf(element: HTMLElement): Generator<HTMLElement> {
  for (let parent = element.parentElement; parent !== null; parent = parent.parentElement) yield parent;
}

/** Focuses the first that is still in the page, unless something else has taken the focus. */
function focusFirst(elements: readonly HTMLElement[]): void {
  if (document.activeElement !== null && document.activeElement !== document.body) return;
  const around = elements.find(({ isConnected }) => isConnected);
  // A dialog must have no tabindex (HTML, section 4.11.4), so its heading gets the focus.
  const first = around?.matches("dialog") ? around.querySelector<HTMLElement>("h1, h2, h3") : around;
  if (first === undefined || first === null) return;
  first.tabIndex = -1;
  first.focus({ preventScroll: true });
}
