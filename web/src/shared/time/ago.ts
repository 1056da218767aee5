import { getLocale } from "@/messages/runtime";

/** Units of time and their length in seconds, the longest first. A month and a year have their mean length. */
const units = [
  ["year", 31_556_952],
  ["month", 2_629_746],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** How long ago a time was, as people say it: "3 days ago". Less than a minute, or a time to come, is "now". */
export function ago(then: number, now: number, locale: string = getLocale()): string {
  const seconds = (now - then) / 1000;
  const [unit, length] = units.find((each) => seconds >= each[1]) ?? ["second", 1];
  const amount = unit === "second" ? 0 : -Math.floor(seconds / length);
  // "auto" alone has a word for no seconds at all. For one day it says "yesterday", which 40 hours ago is not always.
  const numeric = amount === 0 ? "auto" : "always";
  return new Intl.RelativeTimeFormat(locale, { numeric }).format(amount, unit);
}

/** A date and time in the language of the page, to the minute. */
export function exactTime(at: number): string {
  return new Intl.DateTimeFormat(getLocale(), { dateStyle: "medium", timeStyle: "short" }).format(at);
}
