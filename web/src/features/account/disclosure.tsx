import { type MouseEvent, type ReactNode, useEffect, useRef } from "react";

interface Props {
  summary: ReactNode;
  className: string;
  children: ReactNode;
}

/**
 * A native details element that behaves as people expect of a menu button: it closes on a choice, on Escape
 * (giving the focus back), on a press elsewhere, and when the focus leaves it.
 */
export function Disclosure(props: Props) {
  const details = useRef<HTMLDetailsElement>(null);

  useEffect(() => {
    const element = details.current;
    if (element === null) return;
    const close = () => {
      element.open = false;
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || !element.open) return;
      close();
      element.querySelector("summary")?.focus();
    };
    const onElsewhere = (event: Event) => {
      if (event.target instanceof Node && !element.contains(event.target)) close();
    };
    document.addEventListener("keydown", onKey);
    document.addEventListener("pointerdown", onElsewhere);
    document.addEventListener("focusin", onElsewhere);
    return () => {
      document.removeEventListener("keydown", onKey);
      document.removeEventListener("pointerdown", onElsewhere);
      document.removeEventListener("focusin", onElsewhere);
    };
  }, []);

  const closeAfterChoice = (event: MouseEvent) => {
    if ((event.target as Element).closest("button") !== null && details.current !== null) {
      details.current.open = false;
    }
  };

  return (
    <details ref={details} className={props.className}>
      <summary>{props.summary}</summary>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a key press on a button arrives here as a click, too */}
      <ul onClick={closeAfterChoice}>{props.children}</ul>
    </details>
  );
}
