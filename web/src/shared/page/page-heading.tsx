import { useEffect, useRef } from "react";
import { useAppName } from "@/shared/session/config";
import { takeFocusRequest } from "@/shared/ui/focus-on-change";

/**
 * The one h1 of a page. It sets the document's title and, after a change of page, takes the focus, so that a
 * screen reader announces the new page and Tab continues from there.
 */
export function PageHeading(props: { title: string }) {
  const { title } = props;
  const heading = useRef<HTMLHeadingElement>(null);
  const appName = useAppName();

  useEffect(() => {
    document.title = appName === undefined ? title : `${title} · ${appName}`;
  }, [title, appName]);

  useEffect(() => {
    if (takeFocusRequest()) heading.current?.focus();
  }, []);

  return (
    <h1 ref={heading} tabIndex={-1}>
      {title}
    </h1>
  );
}
