import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { m } from "@/messages/messages";
import { useAnnounce } from "./announcer";

interface Props {
  /** What is copied, for those who cannot see what it stands beside: "password". */
  what: string;
  text: string;
}

/** Puts text on the clipboard and says so. */
export function CopyButton({ what, text }: Props) {
  const [outcome, setOutcome] = useState<"copied" | "failed" | null>(null);
  const announce = useAnnounce();

  useEffect(() => {
    if (outcome === null) return;
    const timer = setTimeout(() => setOutcome(null), 2000);
    return () => clearTimeout(timer);
  }, [outcome]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome("copied");
      announce(m.ui_copied());
    } catch {
      setOutcome("failed");
      announce(m.ui_copy_failed());
    }
  };

  return (
    <button
      type="button"
      className="button button-small button-copy"
      aria-label={m.ui_copy_what({ what })}
      onClick={() => void copy()}
    >
      {outcome === "copied" ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
      <span aria-hidden="true">
        {outcome === "copied" ? m.ui_copied() : outcome === "failed" ? m.ui_copy_blocked() : m.ui_copy()}
      </span>
    </button>
  );
}
