import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";

/** A pause this long between two letters starts a new search. */
const typeaheadPause = 1_000;

/**
 * The behaviour of a menu button (WAI-ARIA Authoring Practices): the props of the button, of the popup, of the menu
 * and of its items. Items are native buttons, so that Enter, Space and a click select them.
 */
export function useMenu() {
  const [open, setOpen] = useState<"first" | "last" | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const popup = useRef<HTMLDivElement>(null);
  const menu = useRef<HTMLUListElement>(null);
  const typed = useRef({ text: "", at: 0 });
  const id = useId();

  const close = () => {
    button.current?.focus();
    setOpen(null);
  };

  useEffect(() => {
    if (open === null) return;
    typed.current = { text: "", at: 0 }; // letters of the menu's last opening start no word of this one
    const position = open === "first" ? 0 : -1;
    itemsOf(menu.current).at(position)?.focus();

    const closeOutside = (event: Event) => {
      const target = event.target as Node;
      if (popup.current?.contains(target) || button.current?.contains(target)) return;
      setOpen(null);
    };
    document.addEventListener("pointerdown", closeOutside);
    document.addEventListener("focusin", closeOutside);
    return () => {
      document.removeEventListener("pointerdown", closeOutside);
      document.removeEventListener("focusin", closeOutside);
    };
  }, [open]);

  const onButtonKey = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    setOpen(event.key === "ArrowDown" ? "first" : "last");
  };

  const onMenuKey = (event: KeyboardEvent) => {
    if (event.key === "Tab") {
      close(); // The browser then moves the focus on from the button.
      return;
    }
    if (event.key === "Escape") {
      event.preventDefault();
      close();
      return;
    }

    const all = itemsOf(menu.current);
    const current = all.indexOf(document.activeElement as HTMLElement);
    const next = move(event.key, current, all.length) ?? search(event, all, current);
    if (next === undefined) return;
    event.preventDefault();
    all[next]?.focus();
  };

  const search = (event: KeyboardEvent, all: HTMLElement[], current: number) => {
    const { key, timeStamp } = event;
    if (key.length !== 1 || key === " " || event.ctrlKey || event.metaKey || event.altKey) return undefined;
    const { text, at } = typed.current;
    typed.current = { text: timeStamp - at < typeaheadPause ? text + key : key, at: timeStamp };
    return matching(
      all.map((item) => item.textContent ?? ""),
      typed.current.text,
      current,
    );
  };

  return {
    isOpen: open !== null,
    button: {
      ref: button,
      id: `${id}button`,
      "aria-haspopup": "menu",
      "aria-expanded": open !== null,
      "aria-controls": open === null ? undefined : `${id}menu`,
      onClick: () => (open === null ? setOpen("first") : close()),
      onKeyDown: onButtonKey,
    },
    /** What pops up: the menu, and what stands beside it. */
    popup: { ref: popup },
    menu: {
      ref: menu,
      id: `${id}menu`,
      role: "menu",
      "aria-labelledby": `${id}button`,
      onKeyDown: onMenuKey,
    },
    item: (onSelect: () => void) => ({
      role: "menuitem",
      tabIndex: -1,
      onClick: () => {
        close();
        onSelect();
      },
    }),
  } as const;
}

function itemsOf(menu: HTMLElement | null): HTMLElement[] {
  return [...(menu?.querySelectorAll<HTMLElement>('[role="menuitem"]') ?? [])];
}

function move(key: string, current: number, count: number): number | undefined {
  switch (key) {
    case "ArrowDown":
      return (current + 1) % count;
    case "ArrowUp":
      return (current - 1 + count) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}

/** The next label that starts with the text. The same letter again cycles through the labels that start with it. */
function matching(labels: string[], text: string, current: number): number | undefined {
  const repeated = [...text].every((letter) => letter === text[0]);
  const wanted = (repeated ? text.slice(0, 1) : text).toLowerCase();
  const start = repeated ? current + 1 : current;
  for (let step = 0; step < labels.length; step++) {
    const index = (start + step) % labels.length;
    if (labels[index]?.toLowerCase().startsWith(wanted)) return index;
  }
  return undefined;
}
