import { expect, test } from "vitest";
import { plotPoints } from "./series";

test("values are plotted by time, in order", () => {
  const points = plotPoints([
    { x: "2026-11-22 10:10:00 +0000 UTC", y: 2 },
    { x: "2026-11-22 10:05:00 +0000 UTC", y: 1 },
  ]);
  expect(points.map(({ value }) => value)).toEqual([1, 2]);
  expect((points[1]?.at ?? 0) - (points[0]?.at ?? 0)).toBe(5 * 60_000);
});

test("with an unreadable time, the given order and text stay", () => {
  const points = plotPoints([
    { x: "Tuesday", y: 2 },
    { x: "2026-11-22 10:05:00 +0000 UTC", y: 1 },
  ]);
  expect(points.map(({ at, value }) => [at, value])).toEqual([
    [0, 2],
    [1, 1],
  ]);
  expect(points[0]?.label).toBe("Tuesday");
});

test("a value that is no number is left out", () => {
  expect(plotPoints([{ x: "Sunday", y: Number.NaN }])).toEqual([]);
});
