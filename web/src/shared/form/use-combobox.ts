import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";

interface Options {
  label: string;
  /** How many options match a text. */
  count: (text: string) => number;
  /** Chooses one of the options that match the text. */
  onChoose: (text: string, index: number) => void;
  /** Backspace in the empty field. */
  onBackspace: () => void;
}

/**
 * The behaviour of an editable combobox with a list of options (WAI-ARIA Authoring Practices, combobox with list
 * autocomplete): the props of the field, of the list and of its options. The focus stays in the field.
 */
export function useCombobox({ label, count, onChoose, onBackspace }: Options) {
  const [text, setText] = useState("");
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();

  useEffect(() => {
    // The list scrolls; jsdom, which has no layout, lacks the method.
    if (active >= 0) list.current?.children[active]?.scrollIntoView?.({ block: "nearest" });
  }, [active]);

  const open = (index: number) => {
    setOpen(true);
    setActive(index);
  };
  const close = () => {
    setOpen(false);
    setActive(-1);
  };
  const choose = (index: number) => {
    onChoose(text, index);
    setText("");
    close();
  };

  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const last = count(text) - 1;
    switch (event.key) {
      case "ArrowDown":
        if (event.altKey) open(-1);
        else open(isOpen && active < last ? active + 1 : Math.min(0, last));
        break;
      case "ArrowUp":
        if (event.altKey) close();
        else open(isOpen && active > 0 ? active - 1 : last);
        break;
      case "Enter":
        if (active >= 0) choose(active);
        else if (text === "") return; // Enter sends the form
        break;
      case "Escape":
        if (!isOpen && text === "") return;
        if (!isOpen) setText("");
        close();
        break;
      case "Backspace":
        if (text === "") onBackspace();
        return;
      default:
        return;
    }
    event.preventDefault();
  };

  return {
    text,
    isOpen,
    active,
    input: {
      role: "combobox",
      value: text,
      "aria-autocomplete": "list",
      "aria-expanded": isOpen,
      "aria-controls": isOpen ? `${id}list` : undefined,
      "aria-activedescendant": isOpen && active >= 0 ? `${id}${active}` : undefined,
      onChange: (event: { target: { value: string } }) => {
        const typed = event.target.value;
        setText(typed);
        // The first match is what Enter chooses.
        open(typed !== "" && count(typed) > 0 ? 0 : -1);
      },
      onClick: () => (isOpen ? close() : open(-1)),
      onKeyDown,
      onBlur: () => {
        setText(""); // what is left over was not chosen
        close();
      },
    },
    list: {
      ref: list,
      id: `${id}list`,
      role: "listbox",
      "aria-label": label,
      // A press must not take the focus from the field, which would close the list before the click.
      onPointerDown: (event: { preventDefault: () => void }) => event.preventDefault(),
      onMouseDown: (event: { preventDefault: () => void }) => event.preventDefault(),
    },
    option: (index: number) => ({
      id: `${id}${index}`,
      role: "option",
      tabIndex: -1,
      "aria-selected": index === active,
      onClick: () => choose(index),
    }),
  } as const;
}
