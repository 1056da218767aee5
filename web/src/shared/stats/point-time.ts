import { getLocale } from "@/messages/runtime";

// Go's print format of a time, "2026-11-22 10:05:00.123456789 +0000 UTC m=+0.5", and RFC 3339.
const goTime = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)? ?(Z|[+-]\d\d:?\d\d)?/;

/** Reads the time of a value as Upstash writes it, in milliseconds. Without an offset it is UTC. */
export function pointTime(text: string): number | undefined {
  const [, date, time, fraction = "", offset = "Z"] = goTime.exec(text.trim()) ?? [];
  if (date === undefined || time === undefined) return undefined;
  // The standard promises three digits of a fraction, and a colon in the offset (ECMA-262, date time string format).
  const zone = offset.replace(/^([+-]\d\d):?(\d\d)$/, "$1:$2");
  const at = Date.parse(`${date}T${time}${fraction.slice(0, 4)}${zone}`);
  return Number.isNaN(at) ? undefined : at;
}

/** A time in the user's language, to the second. */
export function timeLabel(at: number): string {
  return new Intl.DateTimeFormat(getLocale(), { dateStyle: "medium", timeStyle: "medium" }).format(at);
}
