import { useEffect, useRef } from "react";

/**
 * Whether the next heading that appears should take the focus. Held on the document rather than in React state,
 * because the heading may appear long after the page changed (a lazy page, a skeleton).
 */
const attribute = "data-page-changed";

/** Answers true once after each change of page. */
export function takeFocusRequest(): boolean {
  const asked = document.documentElement.hasAttribute(attribute);
  document.documentElement.removeAttribute(attribute);
  return asked;
}

/**
 * Asks for the focus to move to the next heading whenever value changes. Has to stand before the pages in the
 * tree: effects of earlier siblings run first, and a new heading looks for the request in its own effect.
 */
export function FocusOnChange(props: { value: string }) {
  const { value } = props;
  const before = useRef(value);

  useEffect(() => {
    if (before.current === value) return;
    before.current = value;
    document.documentElement.setAttribute(attribute, "");
    window.scrollTo(0, 0);
  }, [value]);

  return null;
}
