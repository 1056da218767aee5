import { expect, test } from "vitest";
import { formatBytes, formatValue } from "./units";

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
