import { expect, test } from "vitest";
import { pointTime } from "./point-time";

const at = (iso: string) => Date.parse(iso);

test.each([
  ["2026-11-22 10:05:00.000 +0000 UTC", at("2026-11-22T10:05:00Z")],
  ["2026-11-22 10:05:00 +0000 UTC", at("2026-11-22T10:05:00Z")],
  ["2026-11-22 10:05:00.123456789 +0000 UTC", at("2026-11-22T10:05:00.123Z")],
  ["2026-11-22 10:05:00.5 +0000 UTC m=+12.000000001", at("2026-11-22T10:05:00.500Z")],
  ["2026-11-22 12:05:00.000 +0200 CEST", at("2026-11-22T10:05:00Z")],
  ["2026-11-22T10:05:00Z", at("2026-11-22T10:05:00Z")],
  ["2026-11-22T12:05:00+02:00", at("2026-11-22T10:05:00Z")],
  ["2026-11-22 10:05:00", at("2026-11-22T10:05:00Z")],
])("%s", (text, expected) => {
  expect(pointTime(text)).toBe(expected);
});

test.each(["", "Sunday", "2026-11-22", "2026-13-45 10:05:00 +0000 UTC", "yesterday at 10"])(
  "%j is no time",
  (text) => {
    expect(pointTime(text)).toBeUndefined();
  },
);
