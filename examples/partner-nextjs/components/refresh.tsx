"use client";

import { useRouter } from "next/navigation";
import { useEffect } from "react";

/** Looks for news every few seconds while the page is visible. */
export function Refresh() {
  const router = useRouter();
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") router.refresh();
    }, 3_000);
    return () => clearInterval(timer);
  }, [router]);
  return null;
}
