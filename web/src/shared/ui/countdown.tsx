import { useEffect, useEffectEvent, useState } from "react";
import { m } from "@/messages/messages";
import { waitWords } from "./countdown-words";

interface Props {
  seconds: number;
  label: string;
  onZero?: () => void;
}

/** Counts down a wait the server asked for, and calls onZero once at its end. */
export function Countdown({ seconds, label, onZero }: Props) {
  const [left, setLeft] = useState(seconds);
  const finish = useEffectEvent(() => onZero?.());

  useEffect(() => {
    // The end is a moment on the clock: timers in a background tab run late.
    const end = Date.now() + seconds * 1000;
    const timer = setInterval(() => {
      const rest = Math.max(0, Math.ceil((end - Date.now()) / 1000));
      setLeft(rest);
      if (rest > 0) return;
      clearInterval(timer);
      finish();
    }, 250);
    return () => clearInterval(timer);
  }, [seconds]);

  return (
    <p className="countdown">
      {left > 0 ? (
        <>
          {label} <span className="countdown-number">{waitWords(left)}</span>
        </>
      ) : onZero === undefined ? (
        m.ui_wait_over()
      ) : (
        m.ui_wait_now()
      )}
    </p>
  );
}
