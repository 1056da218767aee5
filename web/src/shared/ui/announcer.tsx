import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from "react";

const AnnounceContext = createContext<(message: string) => void>(() => {});

/** Holds the page's one polite live region and lets any component speak through it. */
export function Announcer(props: { children: ReactNode }) {
  const [message, setMessage] = useState("");
  const repeat = useRef(false);
  const together = useRef<string[]>([]);

  const announce = useCallback((text: string) => {
    // Two messages of one moment are read together: the second would silence the first.
    if (together.current.length === 0) queueMicrotask(() => together.current.splice(0));
    together.current.push(text);
    const spoken = together.current.join(" ");
    // The same words twice would not be a change, and nothing would be read: a trailing space makes it one.
    repeat.current = !repeat.current;
    setMessage(repeat.current ? spoken : `${spoken}\u00a0`);
  }, []);

  return (
    <AnnounceContext value={announce}>
      {props.children}
      <div className="visually-hidden" aria-live="polite" data-testid="announcer">
        {message}
      </div>
    </AnnounceContext>
  );
}

export function useAnnounce(): (message: string) => void {
  return useContext(AnnounceContext);
}
