"use client";

import { useRouter } from "next/navigation";
import { type ReactNode, useEffect, useRef } from "react";

/** The button, as a component. It shows its own messages: how to continue, and how it ended. */
export function ConnectButton({ children }: { children: ReactNode }) {
  const element = useRef<HTMLElement>(null);
  const router = useRouter();

  useEffect(() => {
    const button = element.current;
    const look = () => router.refresh();
    button?.addEventListener("completed", look);
    return () => button?.removeEventListener("completed", look);
  }, [router]);

  return (
    <upstash-connect ref={element} session-endpoint="/upstash/connect">
      {children}
    </upstash-connect>
  );
}
