/** The roles that the journeys look for. */
export type Role = "button" | "link" | "heading" | "dialog" | "menuitem" | "textbox" | "combobox";

/** How a page is asked for an element. A pattern, because a regular expression cannot travel to the page. */
export interface Wanted {
  role: Role;
  pattern: string;
}

/**
 * Finds the visible element with this role and accessible name. Runs in the page, so it refers to nothing outside. The
 * name is computed for the elements of these pages only: from aria-label, labels or content.
 */
export function find({ role, pattern }: Wanted): Element | null {
  const selectors = {
    button: "button:not([role])",
    link: "a[href]",
    heading: "h1, h2, h3",
    dialog: "dialog[open]",
    menuitem: "[role=menuitem]",
    textbox: "input",
    combobox: "select",
  };
  const expected = new RegExp(pattern);

  const nameOf = (element: Element): string => {
    const label = element.getAttribute("aria-label");
    if (label !== null) return label;
    const heading = element.getAttribute("aria-labelledby");
    if (heading !== null) return document.getElementById(heading)?.textContent ?? "";
    const [first] = (element as HTMLInputElement).labels ?? [];
    if (first !== undefined) return first.textContent ?? "";
    const [slotted] = element.querySelector("slot")?.assignedNodes() ?? [];
    return (slotted ?? element).textContent ?? "";
  };

  // What is behind a modal dialog cannot be used.
  const scope = role === "dialog" ? document : (document.querySelector("dialog:modal") ?? document);
  const shadows = [...scope.querySelectorAll("*")].flatMap(({ shadowRoot }) => shadowRoot ?? []);
  for (const root of [scope, ...shadows]) {
    for (const element of root.querySelectorAll(selectors[role])) {
      const name = nameOf(element).replace(/\s+/g, " ").trim();
      const usable = !element.matches(":disabled, [aria-disabled=true]");
      if (expected.test(name) && usable && element.checkVisibility()) return element;
    }
  }
  return null;
}
