const time = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

/** A date and time in the reader's locale. Empty if invalid. */
export function timeLabel(rfc3339: string): string {
  return format(time, rfc3339);
}

/** A date in the reader's locale. Empty if invalid. */
export function dayLabel(rfc3339: string): string {
  return format(day, rfc3339);
}

function format(style: Intl.DateTimeFormat, rfc3339: string): string {
  const date = new Date(rfc3339);
  return Number.isNaN(date.getTime()) ? "" : style.format(date);
}
