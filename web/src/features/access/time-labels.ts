import { getLocale } from "@/messages/runtime";

/** A date and time in the page's language. Empty if invalid. */
export function timeLabel(rfc3339: string): string {
  return format({ dateStyle: "medium", timeStyle: "short" }, rfc3339);
}

/** A date in the page's language. Empty if invalid. */
export function dayLabel(rfc3339: string): string {
  return format({ dateStyle: "medium" }, rfc3339);
}

function format(style: Intl.DateTimeFormatOptions, rfc3339: string): string {
  const date = new Date(rfc3339);
  return Number.isNaN(date.getTime()) ? "" : new Intl.DateTimeFormat(getLocale(), style).format(date);
}
