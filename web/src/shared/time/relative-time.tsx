import { m } from "@/messages/messages";
import { ago, exactTime } from "./ago";
import { useNow } from "./use-now";

interface Props {
  /** RFC 3339, or null if Upstash does not report it. */
  at: string | null;
  /** Shows the exact time beside the words, for a place that has room for it. */
  exact?: boolean;
}

/** "3 days ago", with the exact time as a tooltip or beside it. */
export function RelativeTime({ at, exact = false }: Props) {
  const now = useNow();
  if (at === null) return m.time_unknown();
  const then = Date.parse(at);
  if (Number.isNaN(then)) return null;
  return (
    <>
      <time dateTime={at} title={exactTime(then)}>
        {ago(then, now)}
      </time>
      {exact && <span className="hint"> · {exactTime(then)}</span>}
    </>
  );
}
