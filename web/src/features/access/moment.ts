const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

/** A point in time as the reader's own locale writes it; empty for what is no time. */
export function momentLabel(rfc3339: string): string {
  return format(moment, rfc3339);
}

/** The day of a point in time, likewise. */
export function dayLabel(rfc3339: string): string {
  return format(day, rfc3339);
}

function format(style: Intl.DateTimeFormat, rfc3339: string): string {
  const date = new Date(rfc3339);
  return Number.isNaN(date.getTime()) ? "" : style.format(date);
}
