import { useEffect, useRef } from "react";
import { brand } from "@/shared/brand";
import { takeFocusRequest } from "@/shared/ui/focus-on-change";

/**
 * The one h1 of a page. It sets the document's title and, after a change of page, takes the focus, so that a
 * screen reader announces the new page and Tab continues from there.
 */
export function PageHeading(props: { title: string }) {
  const { title } = props;
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    document.title = `${title} · ${brand().name}`;
  }, [title]);

  useEffect(() => {
    if (takeFocusRequest()) heading.current?.focus();
  }, []);

  return (
    <h1 ref={heading} tabIndex={-1}>
      {title}
    </h1>
  );
}
