import { useEffect } from "react";
import { useAnnounce } from "./announcer";

/** In milliseconds. A screen reader echoes each key, so nothing is announced until the user pauses. */
export const typingPause = 800;

/** Announces a text that changes while the user types, once they pause. */
export function useDebouncedAnnouncement(text: string): void {
  const announce = useAnnounce();
  useEffect(() => {
    if (text === "") return;
    const timer = setTimeout(() => announce(text), typingPause);
    return () => clearTimeout(timer);
  }, [text, announce]);
}
