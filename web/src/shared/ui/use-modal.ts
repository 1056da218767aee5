import { type RefObject, useEffectEvent, useLayoutEffect, useRef } from "react";

/**
 * Shows a dialog as a modal one, and returns what closes it. Where it disappears without having been closed, which is how
 * a dialog ends whose call has succeeded, the browser leaves the focus nowhere: it then returns to where it was before.
 *
 * onClose runs while the dialog closes, and not with the browser's close event, which comes later: a key that the user
 * presses in between would open the dialog again, and the event would then close that one.
 */
export function useModal(dialog: RefObject<HTMLDialogElement | null>, onClose: () => void): () => void {
  const opener = useRef<Element | null>(null);
  const closed = useRef(false);

  const close = () => {
    if (closed.current) return;
    closed.current = true;
    dialog.current?.close();
    onClose();
  };
  const closeNow = useEffectEvent(close);

  useLayoutEffect(() => {
    const element = dialog.current;
    if (element === null) return;
    const onCancel = (event: Event) => {
      event.preventDefault();
      closeNow();
    };
    // Chromium closes without asking at the second Escape, or Back on a phone, that follows no other input.
    const onBrowserClose = () => closeNow();
    element.addEventListener("cancel", onCancel);
    element.addEventListener("close", onBrowserClose);
    if (!element.open) {
      opener.current = document.activeElement;
      element.showModal();
    }

    return () => {
      element.removeEventListener("cancel", onCancel);
      element.removeEventListener("close", onBrowserClose);
      // The dialog is removed after this, and until then nothing behind it can take the focus.
      queueMicrotask(() => returnFocus(element, opener.current));
    };
  }, [dialog]);

  return close;
}

function returnFocus(dialog: HTMLDialogElement, opener: Element | null): void {
  const isLost = document.activeElement === null || document.activeElement === document.body;
  if (isLost && !dialog.isConnected && opener instanceof HTMLElement) opener.focus();
}
