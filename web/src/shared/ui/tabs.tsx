import { type KeyboardEvent, type ReactNode, useId, useRef } from "react";
import styles from "./tabs.module.css";

interface Props {
  /** The accessible name of the row of tabs. */
  label: string;
  tabs: readonly { id: string; label: string }[];
  selected: number;
  onSelect: (index: number) => void;
  /** The panel of the selected tab. */
  children: ReactNode;
}

/** Tabs that select on focus (WAI-ARIA Authoring Practices). One tab is in the tab sequence, the arrow keys reach the rest. */
export function Tabs({ label, tabs, selected, onSelect, children }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const prefix = useId();
  const tabId = (index: number) => `${prefix}${tabs[index]?.id}`;
  const panelId = `${prefix}panel`;

  const move = (event: KeyboardEvent) => {
    const next = targets[event.key]?.(selected, tabs.length);
    if (next === undefined) return;
    event.preventDefault();
    onSelect(next);
    list.current?.querySelectorAll<HTMLElement>('[role="tab"]')[next]?.focus();
  };

  return (
    <>
      <div
        className={styles.list}
        role="tablist"
        aria-label={label}
        tabIndex={-1}
        ref={list}
        onKeyDown={move}
      >
        {tabs.map((tab, index) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            className={styles.tab}
            id={tabId(index)}
            aria-selected={index === selected}
            aria-controls={panelId}
            tabIndex={index === selected ? 0 : -1}
            onClick={() => onSelect(index)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div
        className={styles.panel}
        role="tabpanel"
        id={panelId}
        aria-labelledby={tabId(selected)}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: its first content is text, which Tab must reach
        tabIndex={0}
      >
        {children}
      </div>
    </>
  );
}

/** Where each key leads from the selected tab. */
const targets: Readonly<Record<string, (selected: number, count: number) => number>> = {
  ArrowRight: (selected, count) => (selected + 1) % count,
  ArrowLeft: (selected, count) => (selected - 1 + count) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};
