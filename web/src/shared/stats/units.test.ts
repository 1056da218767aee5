import { afterEach, expect, test } from "vitest";
import { getLocale, overwriteGetLocale } from "@/messages/runtime";
import { timeLabel } from "./point-time";
import { formatBytes, formatValue } from "./units";

const inEnglish = getLocale;
afterEach(() => overwriteGetLocale(inEnglish));

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1 kB"],
  [4096, "4.1 kB"],
  [999_949, "999.9 kB"],
  [999_950, "1 MB"],
  [50_444_740, "50.4 MB"],
  [2e18, "2,000 PB"],
])("%d bytes are %s", (bytes, words) => {
  expect(formatBytes(bytes)).toBe(words);
});

test.each([
  [128_402, "count", "128,402"],
  [0.5, "dollars", "$0.50"],
  [0.0004, "dollars", "$0.0004"],
  [0.123456, "number", "0.1235"],
] as const)("%d %s is %s", (value, unit, words) => {
  expect(formatValue(value, unit)).toBe(words);
});

test("numbers and times are in the language of the page", () => {
  overwriteGetLocale(() => "de");
  expect(formatBytes(4096)).toBe("4,1 kB");
  expect(formatValue(128_402, "count")).toBe("128.402");
  expect(formatValue(0.123456, "number")).toBe("0,1235");
  expect(formatValue(0.5, "dollars")).toBe("0,50\u00a0$");
  expect(timeLabel(new Date(2026, 10, 22, 10, 5).getTime())).toBe("22.11.2026, 10:05:00");
});
