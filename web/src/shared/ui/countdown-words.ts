import { m } from "@/messages/messages";

/** A wait as people say it: short ones in seconds, longer ones in minutes too. */
export function waitWords(seconds: number): string {
  if (seconds < 100) return m.ui_wait_seconds({ seconds });
  const minutes = Math.floor(seconds / 60);
  const rest = seconds % 60;
  return rest === 0 ? m.ui_wait_minutes({ minutes }) : m.ui_wait_minutes_seconds({ minutes, seconds: rest });
}
