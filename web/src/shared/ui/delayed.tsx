import { type ReactNode, useEffect, useState } from "react";

/** In milliseconds. A shorter wait shows nothing at all, which is calmer than a flash. */
const noticeable = 150;

/**
 * Shows its children only if the wait is long enough to be noticed. The mark hides the footer (frame.css), which would
 * otherwise move when what is loaded arrives.
 */
export function Delayed(props: { children: ReactNode }) {
  const [due, setDue] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setDue(true), noticeable);
    return () => clearTimeout(timer);
  }, []);
  return (
    <>
      <span data-loading="" hidden />
      {due && props.children}
    </>
  );
}
