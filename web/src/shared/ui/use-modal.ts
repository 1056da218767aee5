import { type RefObject, useLayoutEffect, useRef } from "react";

/**
 * Shows a dialog as a modal one. Where it disappears without having been closed, which is how a dialog ends whose call has
 * succeeded, the browser leaves the focus nowhere: it then returns to where it was before.
 */
export function useModal(dialog: RefObject<HTMLDialogElement | null>): void {
  const opener = useRef<Element | null>(null);

  useLayoutEffect(() => {
    const element = dialog.current;
    if (element === null) return;
    if (!element.open) {
      opener.current = document.activeElement;
      element.showModal();
    }
    // The dialog is removed after this, and until then nothing behind it can take the focus.
    return () => queueMicrotask(() => returnFocus(element, opener.current));
  }, [dialog]);
}

function returnFocus(dialog: HTMLDialogElement, opener: Element | null): void {
  const isLost = document.activeElement === null || document.activeElement === document.body;
  if (isLost && !dialog.isConnected && opener instanceof HTMLElement) opener.focus();
}
