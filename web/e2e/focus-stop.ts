/** What a test knows about the control that has the focus. */
export interface Stop {
  /** What it is, for a message; empty where nothing has the focus. */
  name: string;
  /** Tells the stops of a page apart. */
  key: string;
  isTarget: boolean;
  /** Whether it is in one of the targets. */
  isInside: boolean;
  /** Whether it is the first or the last one that Tab reaches. */
  isFirst: boolean;
  isLast: boolean;
  /** What a user cannot see of it. */
  faults: string[];
  /** The dialog that it is in. Positions compare only within one. */
  frame: string;
  top: number;
  bottom: number;
  left: number;
  right: number;
}

/** Runs in the page: looks at what has the focus, and whether it is one of these elements. */
export function stopAt(targets: Element[]): Stop {
  const focused = document.activeElement as HTMLElement | null;
  const nowhere = { top: 0, bottom: 0, left: 0, right: 0, frame: "", isFirst: false, isLast: false };
  if (focused === null || focused === document.body || focused === document.documentElement) {
    return { name: "", key: "", isTarget: false, isInside: false, faults: [], ...nowhere };
  }

  const dialog = focused.closest("dialog[open]");
  const box = focused.getBoundingClientRect();
  // A link that continues on a second line has a box per line.
  const part = focused.getClientRects()[0] ?? box;
  const faults: string[] = [];

  const ring = (element: Element | null) => {
    if (element === null) return false;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
  };
  if (!focused.matches(":focus-visible")) faults.push("it is not :focus-visible");
  // A control that is drawn by its label has the ring there.
  if (!ring(focused) && !ring(focused.closest("label"))) faults.push("it has no ring of 2 px");

  const fits = box.height <= innerHeight;
  if (part.width < 1 || part.height < 1) faults.push("it has no size");
  if (fits && (box.top < -1 || box.bottom > innerHeight + 1)) faults.push("it is not in the viewport");
  if (!fits && (box.bottom < 1 || box.top > innerHeight - 1)) faults.push("it is not in the viewport");

  const shown = { top: Math.max(part.top, 0), bottom: Math.min(part.bottom, innerHeight) };
  const label = focused.closest("label");
  for (const [x, y] of [
    [0.5, 0.5],
    [0.2, 0.2],
    [0.8, 0.2],
    [0.2, 0.8],
    [0.8, 0.8],
  ] as const) {
    const hit = document.elementFromPoint(
      part.left + part.width * x,
      shown.top + (shown.bottom - shown.top) * y,
    );
    if (hit === null || focused.contains(hit) || hit.contains(focused) || label?.contains(hit)) continue;
    faults.push(`<${hit.tagName.toLowerCase()} class="${hit.className}"> covers it`);
    break;
  }

  const scope = dialog ?? document;
  const tabbable = [
    ...scope.querySelectorAll<HTMLElement>(
      "a[href], button, input, select, textarea, summary, [tabindex='0']",
    ),
  ].filter(
    (each) =>
      each.tabIndex >= 0 && !each.matches(":disabled") && each.checkVisibility({ visibilityProperty: true }),
  );

  focused.dataset.stop ??= crypto.randomUUID();
  const named = focused.getAttribute("aria-label") ?? (focused as HTMLInputElement).labels?.[0]?.textContent;
  const text = (named ?? focused.innerText ?? "").trim().replace(/\s+/g, " ").slice(0, 60);
  return {
    name: `${focused.tagName.toLowerCase()} "${text}"`,
    key: focused.dataset.stop,
    isTarget: targets.includes(focused),
    isInside: targets.some((target) => target.contains(focused)),
    isFirst: tabbable[0] === focused,
    isLast: tabbable.at(-1) === focused,
    faults,
    frame: dialog?.id ?? (dialog === null ? "" : "dialog"),
    top: box.top + scrollY,
    bottom: box.bottom + scrollY,
    left: box.left,
    right: box.right,
  };
}
