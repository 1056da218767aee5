import { expect, test } from "vitest";
import { ago } from "./ago";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const now = Date.parse("2026-11-29T12:00:00Z");

test.each([
  [-hour, "now"], // the server's clock is ahead
  [0, "now"],
  [59 * second, "now"],
  [minute, "1 minute ago"],
  [59 * minute + 59 * second, "59 minutes ago"],
  [hour, "1 hour ago"],
  [23 * hour, "23 hours ago"],
  [day, "1 day ago"],
  [3 * day + 23 * hour, "3 days ago"],
  [30 * day, "30 days ago"],
  [31 * day, "1 month ago"],
  [364 * day, "11 months ago"],
  [366 * day, "1 year ago"],
  [800 * day, "2 years ago"],
])("%d ms before is %s", (before, words) => {
  expect(ago(now - before, now, "en")).toBe(words);
});

test("the words are those of the locale", () => {
  expect(ago(now - 3 * day, now, "de")).toBe("vor 3 Tagen");
});
