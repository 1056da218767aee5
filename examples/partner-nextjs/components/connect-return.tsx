"use client";

/** Tells the page behind this window that the user is back, and closes the window. */
export function ConnectReturn({ next }: { next: string }) {
  return <upstash-connect-return next={next} />;
}
